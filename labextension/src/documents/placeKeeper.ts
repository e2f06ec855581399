/**
 * Keeps a page of cells where the leader's page is.
 *
 * One scroll is not enough: cells are drawn late, and what is above the place
 * grows when they are (editors, results, pictures). So the place is looked at
 * again, frame by frame, until it has stood still for a while, and again
 * whenever the content changes its height.
 */
import { offsetFor, type NotebookPosition, type Stretch } from './following';

/** The place is kept until nothing has moved for so long. */
const STILL_MS = 500;
/** A cell that is not drawn within this time is no longer waited for, until the content grows. */
const DRAWN_WITHIN_MS = 10_000;
/** Asked again so often to draw a cell. */
const ASK_AGAIN_MS = 250;

export interface CellsOnScreen {
  /** What scrolls. */
  box: HTMLElement;
  /** What is in it, and grows. */
  content: HTMLElement;
  /** A cell's element; null while it is not drawn. */
  cell: (id: string) => HTMLElement | null;
  /** Asks for a cell to be drawn soon. */
  draw: (id: string) => void;
}

export class PlaceKeeper {
  private position: NotebookPosition | null = null;
  private frame = 0;
  private movedAtMs = 0;
  private askedAtMs = 0;
  private readonly observer: ResizeObserver;

  constructor(private readonly cells: CellsOnScreen) {
    this.observer = new ResizeObserver(() => {
      this.begin();
    });
    this.observer.observe(cells.content);
    this.observer.observe(cells.box);
  }

  /** Goes to a place and stays there; null: whoever scrolls is free again. */
  keep(position: NotebookPosition | null): void {
    this.position = position;
    this.begin();
  }

  dispose(): void {
    this.position = null;
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
  }

  private begin(): void {
    this.movedAtMs = performance.now();
    this.askedAtMs = 0;
    if (this.position) {
      this.frame ||= requestAnimationFrame(this.step);
    }
  }

  private readonly step = (now: number): void => {
    this.frame = 0;
    const { position } = this;
    const { box, cell, draw } = this.cells;
    const screen = stretchOf(box);
    if (!position?.top || screen.height === 0) {
      return;
    }
    const top = cell(position.top);
    const active = position.active === null ? null : cell(position.active);
    if (!top) {
      if (now - this.askedAtMs > ASK_AGAIN_MS) {
        this.askedAtMs = now;
        draw(position.top);
      }
    } else {
      const offset = offsetFor(
        position,
        box.scrollTop,
        screen,
        stretchOf(top),
        active ? stretchOf(active) : null,
      );
      const before = box.scrollTop;
      if (Math.abs(offset - before) > 1) {
        box.scrollTop = offset;
      }
      // At the end of the page it goes no further.
      if (Math.abs(box.scrollTop - before) > 1) {
        this.movedAtMs = now;
      }
    }
    if (now - this.movedAtMs < (top ? STILL_MS : DRAWN_WITHIN_MS)) {
      this.frame = requestAnimationFrame(this.step);
    }
  };
}

export function stretchOf(element: Element): Stretch {
  const { top, height } = element.getBoundingClientRect();
  return { top, height };
}
