/** The room drive: the rooms' notebooks in JupyterLab's own notebook widget. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { IDefaultFileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { INotebookCellExecutor, INotebookTracker, runCell } from '@jupyterlab/notebook';

import type { RoomClient } from '../../client';
import { Store } from '../../client/observable';
import { CommandIds } from '../commandIds';
import { notebookIcon } from '../icons';
import { IRoomService } from '../tokens';
import { RoomWatch } from '../watching';

import { addDriveCommands } from './commands';
import { cursorsExtension } from './cursors';
import { DRIVE_NAME, RoomDrive } from './drive';
import { RoomExecutor } from './executor';
import { RoomPanels } from './panels';
import { pasteExtension } from './pasting';
import { isTyping, openPresented, presentWhatOneTurnsTo } from './presented';
import { readOnlyExtension } from './readOnly';
import { DriveState } from './state';
import { DRIVE_WORDS } from './words';

/** Below the rooms (250). */
const BROWSER_RANK = 260;
/** So long what the trainer presents is offered to whoever does not follow. */
const OFFER_MS = 20_000;
const OWN_NOTEBOOK = '.jp-NotebookPanel:not(.webvisio-room-notebook) .jp-Notebook';
const ROOM_NOTEBOOK = '.webvisio-room-notebook .jp-Notebook';

export const drivePlugin: JupyterFrontEndPlugin<void> = {
  id: '@webvisio/lab:drive',
  description: 'Opens the notebooks of training rooms: live, with names, in one’s own kernel.',
  autoStart: true,
  requires: [IRoomService, INotebookTracker, IEditorExtensionRegistry],
  optional: [IFileBrowserFactory, ICommandPalette, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    service: IRoomService,
    tracker: INotebookTracker,
    editors: IEditorExtensionRegistry,
    browsers: IFileBrowserFactory | null,
    palette: ICommandPalette | null,
    ownBrowser: IDefaultFileBrowser | null,
  ): void => {
    if (!service.isOffered) {
      return;
    }
    const words = DRIVE_WORDS[service.locale];
    const state = new DriveState();
    const drive = new RoomDrive(service, words);
    // Before anything is restored: JupyterLab opens last session's tabs as soon as plugins are active.
    app.serviceManager.contents.addDrive(drive);
    editors.addExtension(readOnlyExtension);
    editors.addExtension(pasteExtension(words));
    editors.addExtension(cursorsExtension);

    const watch = new RoomWatch(service);
    const client = new Store<RoomClient | null>(null);
    watch.store.subscribe(() => {
      client.set(watch.store.get()?.client ?? null);
    });

    addDriveCommands({ app, service, drive, tracker, state, words });
    service.documentOpener.set((roomId, documentId) => {
      void app.commands.execute(CommandIds.openDocument, { roomId, documentId });
    });
    app.docRegistry.addWidgetExtension('Notebook', new RoomPanels(app, service, drive, state, words, client));
    openPresented(client, state, {
      open: (roomId, documentId) => {
        void app.commands.execute(CommandIds.openDocument, { roomId, documentId });
      },
      offer: (by, accept) => {
        Notification.info(words.presents(by), {
          autoClose: OFFER_MS,
          actions: [{ label: words.follow, callback: accept, displayType: 'accent' }],
        });
      },
      isTyping,
    });
    presentWhatOneTurnsTo(tracker, drive, client);
    keepFresh(client, roomId => {
      // A room that shuts meanwhile says so in its own tab.
      drive.refresh(roomId).catch(() => undefined);
    });

    for (const command of [
      CommandIds.share,
      CommandIds.copyToFiles,
      CommandIds.follow,
      CommandIds.present,
      CommandIds.point,
      CommandIds.handOut,
      CommandIds.help,
      CommandIds.handIn,
      CommandIds.handLog,
    ]) {
      palette?.addItem({ command, category: service.words.room });
    }
    app.contextMenu.addItem({ command: CommandIds.share, selector: OWN_NOTEBOOK, rank: 20 });
    [CommandIds.copyToFiles, CommandIds.follow, CommandIds.present, CommandIds.handOut].forEach(
      (command, index) => {
        app.contextMenu.addItem({ command, selector: ROOM_NOTEBOOK, rank: 20 + index });
      },
    );

    if (browsers) {
      // Restored, or an address with `room:` in it would silently open nothing.
      const browser = browsers.createFileBrowser('webvisio-files', { driveName: DRIVE_NAME });
      browser.title.icon = notebookIcon;
      browser.title.caption = words.browser;
      browser.node.setAttribute('role', 'region');
      browser.node.setAttribute('aria-label', words.browser);
      app.shell.add(browser, 'left', { rank: BROWSER_RANK, type: 'File Browser' });
      // The tracker takes the browser that came last for the one in use, and the launcher makes new
      // files there, unless another has had the focus: that is the person's own files.
      ownBrowser?.node.dispatchEvent(new FocusEvent('focus'));
    }
  },
};

/** Stands in for JupyterLab's own executor (disabled in package.json), as its extension point is meant. */
export const executorPlugin: JupyterFrontEndPlugin<INotebookCellExecutor> = {
  id: '@webvisio/lab:executor',
  description:
    'Runs cells of a room’s notebook in one’s own kernel; those of a reader are seen by nobody else.',
  autoStart: true,
  requires: [IRoomService],
  provides: INotebookCellExecutor,
  activate: (_app: JupyterFrontEnd, service: IRoomService): INotebookCellExecutor =>
    service.isOffered
      ? new RoomExecutor(
          DRIVE_WORDS[service.locale],
          notebook => notebook.writable && notebook.document?.copy?.isMine === false,
        )
      : Object.freeze({ runCell }),
};

/** Reads a room's list again whenever the room says that it changed. */
function keepFresh(clients: Store<RoomClient | null>, read: (roomId: string) => void): void {
  let unwatch: () => void = () => undefined;
  clients.subscribe(() => {
    unwatch();
    const client = clients.get();
    let version = client?.store.get().documentsVersion;
    unwatch =
      client?.store.subscribe(() => {
        const now = client.store.get().documentsVersion;
        if (now !== version) {
          version = now;
          read(client.roomId);
        }
      }) ?? (() => undefined);
  });
}
