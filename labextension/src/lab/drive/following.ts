/**
 * Leading and following in an open notebook: scroll, active cell, pointer.
 *
 * A moderator's page says where it is; the others go there while they follow.
 * Scrolling, clicking or typing oneself is the way out; the toolbar's button is
 * the way back in. In one's own copy of an exercise nobody leads: a trainer who
 * looks on is shown, and moves nothing.
 */
import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';

import type { Store } from '../../client/observable';
import type { Cancel, Scheduler } from '../../client/scheduler';
import { leaderIn, positionIn, type NotebookPosition } from '../../documents/following';
import { PlaceKeeper, stretchOf } from '../../documents/placeKeeper';

import type { RoomNotebook } from './notebookModel';

/** A page says where it is at most so often. */
export const POSITION_INTERVAL_MS = 80;
const POINTER_INTERVAL_MS = 50;
/** JupyterLab draws cells when it has time; so many around the leader's place are drawn at once. */
const DRAWN_AROUND = 8;

export class NotebookFollowing {
  private readonly notebook: Notebook;
  private readonly pointerNode = document.createElement('div');
  private cancelPosition: Cancel | null = null;
  private cancelPointer: Cancel | null = null;
  private readonly leaving = new AbortController();
  private readonly keeper: PlaceKeeper;
  private followed = '';
  private marked: HTMLElement | null = null;

  constructor(
    panel: NotebookPanel,
    private readonly model: RoomNotebook,
    private readonly isFollowing: Store<boolean>,
    private readonly isPointing: Store<boolean>,
    private readonly scheduler: Scheduler,
  ) {
    this.notebook = panel.content;
    this.pointerNode.className = 'webvisio-pointer';
    this.pointerNode.setAttribute('aria-hidden', 'true');
    const { signal } = this.leaving;
    const { outerNode, viewportNode } = this.notebook;
    this.keeper = new PlaceKeeper({
      box: outerNode,
      content: viewportNode,
      cell: id => {
        const cell = this.notebook.widgets.find(one => one.model.id === id);
        return cell?.isAttached ? cell.node : null;
      },
      draw: this.draw,
    });
    outerNode.addEventListener('scroll', this.publishSoon, { signal, passive: true });
    this.notebook.activeCellChanged.connect(this.publishSoon);
    panel.content.node.addEventListener('mousemove', this.onMove, { signal, passive: true });
    panel.content.node.addEventListener('mouseleave', this.onLeave, { signal });
    for (const event of ['wheel', 'pointerdown', 'keydown', 'touchmove']) {
      panel.content.node.addEventListener(event, this.wayOut, { signal, passive: true, capture: true });
    }
    this.model.awareness.on('change', this.follow);
    const unwatch = [this.isFollowing.subscribe(this.follow), this.isPointing.subscribe(this.onLeave)];
    panel.disposed.connect(() => {
      this.leaving.abort();
      unwatch.forEach(stop => {
        stop();
      });
      this.dispose();
    });
    void panel.revealed.then(() => {
      this.follow();
      this.publishSoon();
    });
  }

  private get leads(): boolean {
    return this.model.connection?.store.get().me?.isModerator === true;
  }

  /** Whether this page goes where a moderator is: not in one's own copy of an exercise. */
  private get follows(): boolean {
    return !this.leads && this.model.document?.copy?.isMine !== true;
  }

  private dispose(): void {
    this.keeper.dispose();
    this.cancelPosition?.();
    this.cancelPointer?.();
    this.model.awareness.off('change', this.follow);
    this.pointerNode.remove();
  }

  // ---- leading -------------------------------------------------------------------------

  private readonly publishSoon = (): void => {
    if (!this.leads || this.leaving.signal.aborted) {
      return;
    }
    this.cancelPosition ??= this.scheduler.after(POSITION_INTERVAL_MS, () => {
      this.cancelPosition = null;
      if (this.notebook.isVisible) {
        this.model.awareness.setLocalStateField('position', this.position());
      }
    });
  };

  private position(): NotebookPosition {
    const { outerNode, widgets, activeCell } = this.notebook;
    const drawn = widgets
      .filter(cell => cell.isAttached)
      .map(cell => [cell.model.id, stretchOf(cell.node)] as const);
    return positionIn(drawn, stretchOf(outerNode), activeCell?.model.id ?? null);
  }

  private readonly onMove = (event: MouseEvent): void => {
    if (!this.leads || !this.isPointing.get() || this.cancelPointer) {
      return;
    }
    const { clientX, clientY } = event;
    this.cancelPointer = this.scheduler.after(POINTER_INTERVAL_MS, () => {
      this.cancelPointer = null;
      const cell = this.notebook.widgets.find(one => {
        const box = one.node.getBoundingClientRect();
        return one.isAttached && clientY >= box.top && clientY < box.bottom;
      });
      const box = cell?.node.getBoundingClientRect();
      this.model.awareness.setLocalStateField(
        'pointer',
        cell && box
          ? {
              cell: cell.model.id,
              x: Math.min(1, Math.max(0, (clientX - box.left) / box.width)),
              y: Math.min(1, Math.max(0, (clientY - box.top) / box.height)),
            }
          : null,
      );
    });
  };

  private readonly onLeave = (): void => {
    this.cancelPointer?.();
    this.cancelPointer = null;
    if (this.leads && this.model.awareness.getLocalState()?.['pointer']) {
      this.model.awareness.setLocalStateField('pointer', null);
    }
  };

  // ---- following -----------------------------------------------------------------------

  private readonly wayOut = (event: Event): void => {
    if (event instanceof KeyboardEvent && (event.ctrlKey || event.metaKey || event.altKey)) {
      return;
    }
    if (this.follows && leaderIn(this.model.awareness)) {
      this.isFollowing.set(false);
    }
  };

  private readonly follow = (): void => {
    if (this.leads || this.notebook.isDisposed) {
      return;
    }
    const leader = leaderIn(this.model.awareness);
    this.point(leader?.pointer ?? null, leader?.pointerColor ?? '');
    const position = leader?.position ?? null;
    this.mark(position?.active ?? null);
    if (!position || !this.follows || !this.isFollowing.get()) {
      this.keeper.keep(null);
      this.followed = '';
      return;
    }
    const wish = JSON.stringify(position);
    if (wish !== this.followed) {
      this.followed = wish;
      this.activate(position.active);
      this.keeper.keep(position);
    }
  };

  private activate(id: string | null): void {
    const { notebook } = this;
    const index = notebook.widgets.findIndex(cell => cell.model.id === id);
    if (index >= 0 && index !== notebook.activeCellIndex) {
      // While it is being edited, a text cell that becomes the active one shows its source.
      notebook.mode = 'command';
      notebook.activeCellIndex = index;
    }
  }

  /** Has JupyterLab draw a cell, and those around it, before its turn. */
  private readonly draw = (id: string): void => {
    const { notebook } = this;
    const index = notebook.widgets.findIndex(cell => cell.model.id === id);
    if (index < 0) {
      return;
    }
    if (notebook.notebookConfig.windowingMode === 'full') {
      notebook.scrollToItem(index, 'start', 0).catch(() => undefined);
      return;
    }
    const end = Math.min(notebook.widgets.length - 1, index + DRAWN_AROUND);
    for (let near = Math.max(0, index - DRAWN_AROUND); near <= end; near += 1) {
      notebook.renderCellOutputs(near);
    }
  };

  private point(pointer: { cell: string; x: number; y: number } | null, color: string): void {
    const cell = pointer && this.notebook.widgets.find(one => one.model.id === pointer.cell);
    if (!cell) {
      this.pointerNode.remove();
      return;
    }
    this.pointerNode.style.left = `${pointer.x * 100}%`;
    this.pointerNode.style.top = `${pointer.y * 100}%`;
    this.pointerNode.style.setProperty('--webvisio-person', color);
    if (this.pointerNode.parentElement !== cell.node) {
      cell.node.append(this.pointerNode);
    }
  }

  private mark(active: string | null): void {
    const node = this.notebook.widgets.find(cell => cell.model.id === active)?.node ?? null;
    if (node !== this.marked) {
      this.marked?.classList.remove('webvisio-leader-cell');
      node?.classList.add('webvisio-leader-cell');
      this.marked = node;
    }
  }
}
