/** Where the room is reached from: left sidebar, launcher, status bar, strip, and a link with a room in it. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, Notification } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ReactWidget } from '@jupyterlab/ui-components';
import { createElement } from 'react';

import { browserScheduler } from '../client/scheduler';

import { keepAwayNotices } from './awayNotices';
import { BottomStrip } from './bottomStrip';
import { CommandIds } from './commandIds';
import { keepLauncherCards } from './launcherCards';
import { takeRoomFromAddress } from './roomLink';
import { RoomSidebar } from './sidebar';
import { StatusItem } from './StatusItem';
import { IRoomService } from './tokens';
import { RoomWatch } from './watching';

/** After the file browser (100) and the running sessions (200). */
const SIDEBAR_RANK = 250;
const NOTICE_MS = 2500;

export const placesPlugin: JupyterFrontEndPlugin<void> = {
  id: '@webvisio/lab:places',
  description: 'Sidebar, launcher, status bar and strip of the training rooms.',
  autoStart: true,
  requires: [IRoomService],
  optional: [ILauncher, IStatusBar],
  activate: (
    app: JupyterFrontEnd,
    service: IRoomService,
    launcher: ILauncher | null,
    statusBar: IStatusBar | null,
  ): void => {
    if (!service.isOffered) {
      return;
    }
    const { words } = service;
    const watch = new RoomWatch(service);
    const open = (roomId?: string): void => {
      void app.commands.execute(CommandIds.open, roomId === undefined ? {} : { roomId });
    };
    const backToRoom = (): void => {
      open();
    };
    const sidebar = new RoomSidebar(service, browserScheduler, watch, {
      open,
      backToRoom,
      copyLink: link => {
        Clipboard.copyToSystem(link);
        Notification.success(words.linkCopied, { autoClose: NOTICE_MS });
      },
    });
    app.shell.add(sidebar, 'left', { rank: SIDEBAR_RANK });

    if (launcher) {
      keepLauncherCards(launcher, service);
    }

    if (statusBar) {
      const item = ReactWidget.create(createElement(StatusItem, { watch, words, onClick: backToRoom }));
      item.id = 'webvisio-status';
      const show = (): void => {
        item.setHidden(watch.store.get() === null);
      };
      watch.store.subscribe(show);
      show();
      statusBar.registerStatusItem('@webvisio/lab:status', { item, align: 'left', rank: 900 });
    }

    keepAwayNotices(service, backToRoom);

    void app.restored.then(() => {
      // Added after the status bar, the strip lies above it: the shell stacks in order of adding.
      app.shell.add(new BottomStrip(service, watch, backToRoom), 'bottom');
      const roomId = takeRoomFromAddress(window.location, window.history);
      if (roomId !== null) {
        open(roomId);
      } else {
        // Seen early: several rooms get a card each, and the first click opens at once.
        void service.refresh();
      }
    });
  },
};
