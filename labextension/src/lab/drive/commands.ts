/** Commands on notebooks: into the room, out of it, to everybody, as an exercise. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, InputDialog, Notification, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { historyIcon } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import { createElement } from 'react';

import type { ApiResult } from '../../client/api';
import { moderates } from '../../client/state';
import { numberOf } from '../../documents/notebookEdits';
import { localValue } from '../../interface/exercises/deadline';
import { HandLogList } from '../../interface/exercises/HandLogList';
import type { MyRoom } from '../../protocol/messages';
import { wordsOf } from '../../words';
import { CommandIds } from '../commandIds';
import { notebookIcon, pointerIcon, roomIcon } from '../icons';
import { STAYS } from '../telling';
import type { IRoomService } from '../tokens';

import type { RoomDrive } from './drive';
import { RoomNotebook } from './notebookModel';
import type { DriveState } from './state';
import type { DriveWords } from './words';

/** A helping hand lasts so long unless it is taken back. */
export const HELP_MINUTES = 10;
const NOTICE_MS = 4000;
/** So long something can be done about what is told. */
const OFFER_MS = 10_000;
/** As many names are tried for a copy before giving up. */
const MOST_COPIES = 100;

export interface DriveCommandSetup {
  app: JupyterFrontEnd;
  service: IRoomService;
  drive: RoomDrive;
  tracker: INotebookTracker;
  state: DriveState;
  words: DriveWords;
}

/** The room's notebook in a panel; null for one's own. */
export function roomNotebookIn(panel: NotebookPanel | null): RoomNotebook | null {
  const shared = panel?.context.model.sharedModel;
  return shared instanceof RoomNotebook ? shared : null;
}

export function addDriveCommands({ app, service, drive, tracker, state, words }: DriveCommandSetup): void {
  const { commands, serviceManager } = app;
  const current = (): NotebookPanel | null => tracker.currentWidget;
  const currentNotebook = (): RoomNotebook | null => roomNotebookIn(current());
  const leads = (): boolean => currentNotebook()?.connection?.store.get().me?.isModerator === true;

  /** The answer, or null after having told what went wrong. */
  const told = <T>(answer: ApiResult<T>): T | null => {
    if (!answer.ok) {
      Notification.error(words.failure(answer.failure), STAYS);
      return null;
    }
    return answer.value;
  };

  const openDocument = async (roomId: string, documentId: string): Promise<void> => {
    const path = await drive.pathOf(roomId, documentId);
    if (path === null) {
      Notification.error(words.unknownDocument, STAYS);
      return;
    }
    await commands.execute('docmanager:open', { path });
  };

  commands.addCommand(CommandIds.openDocument, {
    label: words.open,
    isVisible: () => false,
    describedBy: {
      args: { type: 'object', properties: { roomId: { type: 'string' }, documentId: { type: 'string' } } },
    },
    execute: async ({ roomId, documentId }) => {
      if (typeof roomId === 'string' && typeof documentId === 'string') {
        await openDocument(roomId, documentId);
      }
    },
  });

  commands.addCommand(CommandIds.share, {
    label: words.share,
    caption: words.shareCaption,
    icon: roomIcon,
    isEnabled: () => current() !== null && currentNotebook() === null,
    execute: async () => {
      const panel = current();
      const mine = panel && (await chooseRoom(service, words));
      if (!panel || !mine) {
        return;
      }
      const { roomId } = mine.room;
      const name = PathExt.basename(panel.context.path);
      const made = told(
        await service.documents(roomId).create({
          kind: 'notebook',
          name,
          content: panel.context.model.toJSON(),
        }),
      );
      if (made) {
        await drive.refresh(roomId);
        Notification.success(words.shared(name, mine.room.name), { autoClose: NOTICE_MS });
        await openDocument(roomId, made.documentId);
      }
    },
  });

  commands.addCommand(CommandIds.copyToFiles, {
    label: words.copy,
    caption: words.copyCaption,
    icon: notebookIcon,
    isEnabled: () => currentNotebook() !== null,
    execute: async () => {
      const panel = current();
      if (!panel || !roomNotebookIn(panel)) {
        return;
      }
      try {
        const { contents } = serviceManager;
        const path = await freeName(contents, PathExt.basename(panel.context.localPath));
        await contents.save(path, {
          type: 'notebook',
          format: 'json',
          content: panel.context.model.toJSON(),
        });
        Notification.success(words.copied(path), {
          autoClose: OFFER_MS,
          actions: [
            {
              label: words.open,
              callback: () => {
                void commands.execute('docmanager:open', { path });
              },
            },
          ],
        });
      } catch (failure) {
        await showErrorMessage(words.copy, failure as Error);
      }
    },
  });

  commands.addCommand(CommandIds.follow, {
    label: words.follow,
    caption: words.followCaption,
    isToggleable: true,
    isToggled: () => state.isFollowing.get(),
    isEnabled: () => !leads(),
    execute: () => {
      state.isFollowing.update(isFollowing => !isFollowing);
    },
  });

  commands.addCommand(CommandIds.point, {
    label: words.point,
    caption: words.pointCaption,
    icon: pointerIcon,
    isToggleable: true,
    isToggled: () => state.isPointing.get(),
    isEnabled: leads,
    execute: () => {
      state.isPointing.update(isPointing => !isPointing);
    },
  });

  const client = () => service.openRoom.get()?.session.client.get() ?? null;
  commands.addCommand(CommandIds.present, {
    label: words.present,
    caption: words.presentCaption,
    icon: roomIcon,
    isToggleable: true,
    isToggled: () => {
      const document = currentNotebook()?.document;
      return document !== null && client()?.store.get().presented?.target === document?.documentId;
    },
    isEnabled: () => {
      const room = client();
      return currentNotebook() !== null && room !== null && moderates(room.store.get());
    },
    execute: () => {
      const room = client();
      const document = currentNotebook()?.document;
      if (room && document) {
        const isOn = room.store.get().presented?.target === document.documentId;
        room.present(isOn ? null : { kind: 'document', target: document.documentId, page: null, by: null });
      }
    },
  });

  commands.addCommand(CommandIds.handOut, {
    label: words.handOut,
    caption: words.handOutCaption,
    icon: notebookIcon,
    isEnabled: () => leads() && currentNotebook()?.document?.copy == null,
    execute: async () => {
      const panel = current();
      const document = roomNotebookIn(panel)?.document;
      const place = panel && drive.documentAt(panel.context.path);
      if (!document || !place) {
        return;
      }
      const deadline = new DeadlineField(words, service.locale);
      const answer = await showDialog({
        title: words.handOutTitle(document.name),
        body: deadline,
        buttons: [Dialog.cancelButton({ label: words.cancel }), Dialog.okButton({ label: words.handOut })],
      });
      if (!answer.button.accept) {
        return;
      }
      const made = told(
        await service.documents(place.roomId).handOut(document.documentId, answer.value ?? null),
      );
      if (made) {
        await drive.refresh(place.roomId);
        Notification.success(words.handedOut(document.name, made.copies), { autoClose: NOTICE_MS });
      }
    },
  });

  commands.addCommand(CommandIds.help, {
    label: () => (currentNotebook()?.hand.get() ? words.takeBack : words.askHelp),
    caption: words.askHelpCaption(HELP_MINUTES),
    isEnabled: () => currentNotebook()?.document?.copy?.isMine === true,
    execute: async () => {
      const panel = current();
      const notebook = roomNotebookIn(panel);
      const place = panel && drive.documentAt(panel.context.path);
      if (!notebook?.document || !place) {
        return;
      }
      const documents = service.documents(place.roomId);
      const { documentId } = notebook.document;
      const changed = told(
        notebook.hand.get()
          ? await documents.takeHandBack(documentId)
          : await documents.grantHand(documentId, HELP_MINUTES),
      );
      if (changed) {
        notebook.describe(changed);
      }
    },
  });

  const isHandedIn = (): boolean => currentNotebook()?.document?.copy?.state === 'handed_in';
  commands.addCommand(CommandIds.handIn, {
    label: () => (isHandedIn() ? words.takeCopyBack : words.handIn),
    caption: words.handInCaption,
    icon: notebookIcon,
    isEnabled: () => {
      const copy = currentNotebook()?.document?.copy;
      return copy?.isMine === true && (copy.state === 'working' || copy.state === 'handed_in');
    },
    execute: async () => {
      const panel = current();
      const notebook = roomNotebookIn(panel);
      const place = panel && drive.documentAt(panel.context.path);
      if (notebook?.document && place) {
        const changed = told(
          await service.documents(place.roomId).handIn(notebook.document.documentId, !isHandedIn()),
        );
        if (changed && !notebook.isDisposed) {
          notebook.describe(changed);
        }
      }
    },
  });

  commands.addCommand(CommandIds.handLog, {
    label: words.handLog,
    caption: words.handLogCaption,
    icon: historyIcon,
    isEnabled: () => currentNotebook()?.document?.copy != null,
    execute: async () => {
      const panel = current();
      const notebook = roomNotebookIn(panel);
      const place = panel && drive.documentAt(panel.context.path);
      if (!notebook?.document?.copy || !place) {
        return;
      }
      const log = told(await service.documents(place.roomId).handLog(notebook.document.documentId));
      if (log) {
        await showDialog({
          title: words.handLog,
          body: createElement(HandLogList, {
            log,
            owner: notebook.document.copy.ownerName,
            locale: service.locale,
            words: wordsOf(service.locale),
            numberOf: id => numberOf(notebook.ydoc, id),
          }),
          buttons: [Dialog.okButton({ label: words.close })],
        });
      }
    },
  });

  const tell = (): void => {
    commands.notifyCommandChanged();
  };
  tracker.currentChanged.connect(tell);
  state.isFollowing.subscribe(tell);
  state.isPointing.subscribe(tell);
}

/** The room that a notebook goes to: the open one, the only one that is one's own, or the one chosen. */
async function chooseRoom(service: IRoomService, words: DriveWords): Promise<MyRoom | null> {
  const open = service.openRoom.get();
  if (open && isModerator(open.mine)) {
    return open.mine;
  }
  const known = service.rooms.get();
  const read = known.kind === 'known' ? known : await service.refresh();
  const hosted = read.kind === 'known' ? read.rooms.filter(isModerator) : [];
  if (hosted.length === 0) {
    Notification.warning(words.noRoom, STAYS);
    return null;
  }
  if (hosted.length === 1) {
    return hosted[0] ?? null;
  }
  const names = hosted.map(mine => mine.room.name);
  const chosen = await InputDialog.getItem({ title: words.chooseRoom, items: names });
  return hosted[names.indexOf(chosen.value ?? '')] ?? null;
}

function isModerator(mine: MyRoom): boolean {
  return mine.role === 'host' || mine.role === 'cohost';
}

/** A name for a new file at the root of one's files: `name.ipynb`, `name-1.ipynb`... */
async function freeName(contents: Contents.IManager, name: string): Promise<string> {
  const folder = await contents.get('', { content: true });
  const taken = new Set((folder.content as Contents.IModel[]).map(one => one.name));
  const extension = PathExt.extname(name);
  const base = name.slice(0, name.length - extension.length);
  for (let number = 0; number < MOST_COPIES; number += 1) {
    const candidate = number === 0 ? name : `${base}-${number}${extension}`;
    if (!taken.has(candidate)) {
      return candidate;
    }
  }
  throw new Error(name);
}

/** A dialog's body: what will happen, and an optional moment by which it is to be done. */
class DeadlineField extends Widget implements Dialog.IBodyWidget<Date | null> {
  private readonly input = document.createElement('input');

  constructor(words: DriveWords, locale: string) {
    super();
    this.addClass('webvisio-hand-out');
    const text = document.createElement('p');
    text.textContent = words.handOutBody;
    const field = document.createElement('label');
    field.className = 'webvisio-deadline';
    field.textContent = words.deadline;
    this.input.type = 'datetime-local';
    this.input.className = 'jp-mod-styled';
    this.input.dataset['testid'] = 'deadline-at';
    this.input.min = localValue(new Date());
    field.append(this.input);
    const zone = document.createElement('p');
    zone.className = 'webvisio-hand-out-zone';
    zone.textContent = words.zone(zoneName(locale));
    this.node.append(text, field, zone);
  }

  getValue(): Date | null {
    return this.input.value === '' ? null : new Date(this.input.value);
  }
}

/** The name of the time zone in which this person reads times. */
function zoneName(locale: string): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'long' }).formatToParts(new Date());
  return parts.find(part => part.type === 'timeZoneName')?.value ?? '';
}
