/** The room's commands: the palette, the menu and keyboard settings all run these. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Notification } from '@jupyterlab/apputils';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';

import { CommandIds } from './commandIds';
import { roomIcon } from './icons';
import type { RoomOpener } from './opening';
import type { RoomSummary } from './summary';
import type { IRoomService } from './tokens';
import type { RoomWatch, WatchedRoom } from './watching';

const NOTICE_MS = 2500;

/** In the order of the menu. */
export const MENU_ORDER: readonly (readonly string[])[] = [
  [CommandIds.open, CommandIds.copyLink],
  [CommandIds.toggleMicrophone, CommandIds.toggleCamera, CommandIds.toggleSharing, CommandIds.toggleHand],
  [CommandIds.toggleStrip],
  [CommandIds.leave],
];

export function addCommands(
  app: JupyterFrontEnd,
  service: IRoomService,
  opener: RoomOpener,
  watch: RoomWatch,
): IDisposable {
  const { commands } = app;
  const { words } = service;

  commands.addCommand(CommandIds.open, {
    label: args => (typeof args['name'] === 'string' ? args['name'] : words.openRoom),
    caption: words.openRoomCaption,
    icon: roomIcon,
    describedBy: {
      args: { type: 'object', properties: { roomId: { type: 'string' }, name: { type: 'string' } } },
    },
    execute: args => opener.open(typeof args['roomId'] === 'string' ? args['roomId'] : undefined),
  });

  commands.addCommand(CommandIds.copyLink, {
    label: words.copyLink,
    isEnabled: () => service.openRoom.get() !== null,
    execute: () => {
      const room = service.openRoom.get();
      if (room) {
        Clipboard.copyToSystem(room.mine.link);
        Notification.success(words.linkCopied, { autoClose: NOTICE_MS });
      }
    },
  });

  commands.addCommand(CommandIds.leave, {
    label: words.leave,
    isEnabled: () => service.openRoom.get() !== null,
    execute: () => {
      service.close();
    },
  });

  const toggle = (
    id: string,
    label: string,
    isOn: (summary: RoomSummary) => boolean,
    flip: (inside: WatchedRoom, isOn: boolean) => void | Promise<void>,
  ): void => {
    const inside = (): WatchedRoom | null => {
      const watched = watch.store.get();
      return watched?.client.store.get().phase.kind === 'inside' ? watched : null;
    };
    commands.addCommand(id, {
      label,
      isToggleable: true,
      isEnabled: () => inside() !== null,
      isToggled: () => {
        const watched = inside();
        return watched !== null && isOn(watched.summary);
      },
      execute: async () => {
        const watched = inside();
        if (watched) {
          await flip(watched, !isOn(watched.summary));
        }
      },
    });
  };
  toggle(
    CommandIds.toggleMicrophone,
    words.microphone,
    summary => summary.isMicrophoneOn,
    ({ client }, isOn) => client.setSource('microphone', isOn),
  );
  toggle(
    CommandIds.toggleCamera,
    words.camera,
    summary => summary.isCameraOn,
    ({ client }, isOn) => client.setSource('camera', isOn),
  );
  toggle(
    CommandIds.toggleSharing,
    words.share,
    summary => summary.isSharing,
    ({ client }, isOn) => (isOn ? client.startSharing() : client.stopSharing()),
  );
  toggle(
    CommandIds.toggleHand,
    words.hand,
    summary => summary.isHandRaised,
    ({ client }, isOn) => {
      client.raiseHand(isOn);
    },
  );

  commands.addCommand(CommandIds.toggleStrip, {
    label: words.strip,
    isToggleable: true,
    isEnabled: () => watch.store.get() !== null,
    isToggled: () => service.isStripWanted.get(),
    execute: () => {
      service.isStripWanted.update(isWanted => !isWanted);
    },
  });

  const unwatch = [watch.store, service.isStripWanted].map(store =>
    store.subscribe(() => {
      commands.notifyCommandChanged();
    }),
  );
  return new DisposableDelegate(() => {
    for (const unsubscribe of unwatch) {
      unsubscribe();
    }
  });
}
