/**
 * Leading and following in an open notebook: scroll, active cell, pointer.
 *
 * A moderator's page says where it is; the others go there while they follow.
 * Scrolling, clicking or typing oneself is the way out; the toolbar's button is
 * the way back in.
 */
import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';

import type { Store } from '../../client/observable';
import type { Cancel, Scheduler } from '../../client/scheduler';
import { leaderIn, type NotebookPosition } from '../../documents/following';

import type { RoomNotebook } from './notebookModel';

/** A page says where it is at most so often. */
export const POSITION_INTERVAL_MS = 80;
const POINTER_INTERVAL_MS = 50;

export class NotebookFollowing {
  private readonly notebook: Notebook;
  private readonly pointerNode = document.createElement('div');
  private cancelPosition: Cancel | null = null;
  private cancelPointer: Cancel | null = null;
  private readonly leaving = new AbortController();
  private applied = '';
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
    const { outerNode } = this.notebook;
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

  private dispose(): void {
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
    const edge = outerNode.getBoundingClientRect().top;
    const top = widgets.find(cell => cell.isAttached && cell.node.getBoundingClientRect().bottom > edge + 1);
    const box = top?.node.getBoundingClientRect();
    return {
      active: activeCell?.model.id ?? null,
      top: top?.model.id ?? null,
      past: box && box.height > 0 ? Math.min(1, Math.max(0, (edge - box.top) / box.height)) : 0,
    };
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
    if (this.leads || (event instanceof KeyboardEvent && (event.ctrlKey || event.metaKey || event.altKey))) {
      return;
    }
    this.isFollowing.set(false);
  };

  private readonly follow = (): void => {
    if (this.leads || this.notebook.isDisposed) {
      return;
    }
    const leader = leaderIn(this.model.awareness);
    this.point(leader?.pointer ?? null, leader?.person.color ?? '');
    const position = leader?.position ?? null;
    this.mark(position?.active ?? null);
    const wish = JSON.stringify(position);
    if (!position || !this.isFollowing.get()) {
      this.applied = '';
      return;
    }
    if (wish !== this.applied) {
      this.applied = wish;
      void this.goTo(position);
    }
  };

  private async goTo(position: NotebookPosition): Promise<void> {
    const { notebook } = this;
    const active = notebook.widgets.findIndex(cell => cell.model.id === position.active);
    if (active >= 0) {
      notebook.activeCellIndex = active;
    }
    const top = notebook.widgets.findIndex(cell => cell.model.id === position.top);
    if (top < 0) {
      return;
    }
    await notebook.scrollToItem(top, 'start', 0);
    const box = notebook.widgets[top]?.node.getBoundingClientRect();
    if (box && this.isFollowing.get()) {
      const edge = notebook.outerNode.getBoundingClientRect().top;
      notebook.outerNode.scrollTop += box.top - edge + position.past * box.height;
    }
  }

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
