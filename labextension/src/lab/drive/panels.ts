/**
 * What a room's notebook gets around JupyterLab's own: the bar, following, and
 * a kernel only when a cell is first run (thirty trainees who look on need
 * none).
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { type INotebookModel, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { Notification } from '@jupyterlab/apputils';
import { CommandToolbarButton, ReactWidget } from '@jupyterlab/ui-components';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import type { BoxPanel, Widget } from '@lumino/widgets';
import { createElement } from 'react';

import type { Store } from '../../client/observable';
import type { RoomClient } from '../../client';
import { browserScheduler } from '../../client/scheduler';
import { CommandIds } from '../commandIds';
import { roomIcon } from '../icons';
import { STAYS } from '../telling';
import type { IRoomService } from '../tokens';

import { roomNotebookIn } from './commands';
import type { RoomDrive } from './drive';
import { NotebookFollowing } from './following';
import type { RoomNotebook } from './notebookModel';
import { RoomBar } from './RoomBar';
import { RUNS_CELLS } from './executor';
import type { DriveState } from './state';
import { distrustOthers } from './trust';
import type { DriveWords } from './words';

/** In the notebook's own toolbar, after JupyterLab's cell type. */
const SHARE_PLACE = 10;

export class RoomPanels implements DocumentRegistry.IWidgetExtension<NotebookPanel, INotebookModel> {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly service: IRoomService,
    drive: RoomDrive,
    private readonly state: DriveState,
    private readonly words: DriveWords,
    private readonly client: Store<RoomClient | null>,
  ) {
    drive.replaced.connect((_, { path, model, isLost }) => {
      if (isLost) {
        Notification.warning(this.words.late, STAYS);
      }
      void this.reopen(path, model);
    });
  }

  createNew(panel: NotebookPanel): IDisposable {
    const model = roomNotebookIn(panel);
    if (!model) {
      return this.addShare(panel);
    }
    // One's own file and its copy in the room often have the same name.
    panel.title.icon = roomIcon;
    panel.addClass('webvisio-room-notebook');
    if (panel.content.model) {
      distrustOthers(panel.content.model.cells, model);
    }
    const { sessionContext } = panel;
    sessionContext.kernelPreference = {
      ...sessionContext.kernelPreference,
      shouldStart: false,
      autoStartDefault: false,
    };
    const bar = ReactWidget.create(
      createElement(RoomBar, {
        model,
        state: this.state,
        words: this.words,
        locale: this.service.locale,
        client: this.client,
        run: command => {
          this.app.shell.activateById(panel.id);
          void this.app.commands.execute(command);
        },
      }),
    );
    bar.addClass('webvisio-bar-box');
    panel.contentHeader.addWidget(bar);
    keepHeight(bar, panel.contentHeader);
    new NotebookFollowing(panel, model, this.state.isFollowing, this.state.isPointing, browserScheduler);
    this.serveHelp(panel, model);
    this.sayPresenting(panel, model);
    void panel.context.ready.then(() => {
      nameLanguage(model);
    });
    return bar;
  }

  private addShare(panel: NotebookPanel): IDisposable {
    const button = new CommandToolbarButton({ commands: this.app.commands, id: CommandIds.share });
    const show = (): void => {
      const rooms = this.service.rooms.get();
      const hosts =
        rooms.kind === 'known' && rooms.rooms.some(mine => mine.role === 'host' || mine.role === 'cohost');
      button.setHidden(!hosts);
    };
    show();
    const unwatch = this.service.rooms.subscribe(show);
    panel.toolbar.insertItem(SHARE_PLACE, 'webvisio-share', button);
    return new DisposableDelegate(() => {
      unwatch();
      button.dispose();
    });
  }

  /** Says in the notebook that one presents it to all: whoever presents is followed, of several trainers. */
  private sayPresenting(panel: NotebookPanel, model: RoomNotebook): void {
    const say = (): void => {
      const room = this.client.get()?.store.get();
      const presents =
        room?.presented?.kind === 'document' &&
        room.presented.target === model.document?.documentId &&
        room.presented.by === room.me;
      if (!model.isDisposed && (model.awareness.getLocalState()?.['presents'] === true) !== presents) {
        model.awareness.setLocalStateField('presents', presents);
      }
    };
    let unwatchRoom: () => void = () => undefined;
    const watch = (): void => {
      unwatchRoom();
      unwatchRoom = this.client.get()?.store.subscribe(say) ?? (() => undefined);
      say();
    };
    const unwatch = this.client.subscribe(watch);
    model.connected.connect(say);
    watch();
    panel.disposed.connect(() => {
      unwatch();
      unwatchRoom();
    });
  }

  /** Runs in one's own kernel what somebody with a helping hand asks for. */
  private serveHelp(panel: NotebookPanel, model: RoomNotebook): void {
    const serve = (): void => {
      if (model.document?.copy?.isMine === true) {
        model.awareness.setLocalStateField(RUNS_CELLS, true);
      }
      const unhear = model.connection?.events.subscribe(event => {
        if (event.type !== 'run_requested' || model.document?.copy?.isMine !== true) {
          return;
        }
        const index = panel.content.widgets.findIndex(cell => cell.model.id === event.cellId);
        const cell = panel.content.widgets[index];
        if (cell) {
          Notification.info(this.words.ranFor(event.by), { autoClose: 3000 });
          void NotebookActions.runCells(panel.content, [cell], panel.sessionContext);
        }
      });
      panel.disposed.connect(() => unhear?.());
    };
    if (model.connection) {
      serve();
    } else {
      model.connected.connect(serve);
    }
  }

  /** Closes a notebook whose right or content is another one now, and opens it afresh in the same place. */
  private async reopen(path: string, model: RoomNotebook): Promise<void> {
    const panel = [...this.app.shell.widgets('main')].find(
      (one): one is NotebookPanel => 'context' in one && roomNotebookIn(one as NotebookPanel) === model,
    );
    if (!panel) {
      return;
    }
    const active = panel.content.activeCell?.model.id;
    const scroll = panel.content.outerNode.scrollTop;
    const isVisible = panel.isVisible;
    panel.dispose();
    const opened = (await this.app.commands.execute('docmanager:open', {
      path,
      options: { mode: 'tab-after', activate: isVisible },
    })) as NotebookPanel | undefined;
    await opened?.revealed;
    if (opened && !opened.isDisposed) {
      const index = opened.content.widgets.findIndex(cell => cell.model.id === active);
      if (index >= 0) {
        opened.content.activeCellIndex = index;
      }
      opened.content.outerNode.scrollTop = scroll;
    }
  }
}

/** Lumino lays out by declared heights; the bar's is that of its content, which may wrap. */
function keepHeight(bar: Widget, header: BoxPanel): void {
  const observer = new ResizeObserver(() => {
    const content = bar.node.firstElementChild;
    const height = content instanceof HTMLElement ? content.offsetHeight : 0;
    const wish = `${height}px`;
    if (bar.node.style.minHeight !== wish) {
      bar.node.style.minHeight = wish;
      header.fit();
    }
  });
  const watch = new MutationObserver(() => {
    const content = bar.node.firstElementChild;
    if (content) {
      watch.disconnect();
      observer.observe(content);
    }
  });
  watch.observe(bar.node, { childList: true });
  bar.disposed.connect(() => {
    watch.disconnect();
    observer.disconnect();
  });
}

/** Cells are coloured by the language that a kernel names; before one runs, the kernel's choice names it. */
function nameLanguage(model: RoomNotebook): void {
  const { language_info: info, kernelspec } = model.metadata;
  const language = kernelspec?.language;
  if (!info?.name && typeof language === 'string' && language !== '') {
    model.setMetadata('language_info', { ...info, name: language });
  }
}
