/** How far down a page is, whatever its width makes of its height; and how often that is told. Pure but for a timer. */

/** What of an element says how it is scrolled. */
export interface Scrolled {
  readonly scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
}

const PAUSE_MS = 200;
const TOLERANCE_PX = 24;

/** From 0 (the top) to 1 (the end); a page that fits is at its top. */
export function depthOf(page: Scrolled): number {
  const way = page.scrollHeight - page.clientHeight;
  return way <= 0 ? 0 : Math.min(1, Math.max(0, page.scrollTop / way));
}

/** The pixels to scroll to. */
export function topOf(page: Scrolled, depth: number): number {
  return Math.max(0, page.scrollHeight - page.clientHeight) * depth;
}

/** Whether somebody scrolled on their own; a browser's rounding is not enough. */
export function isElsewhere(page: Scrolled, depth: number): boolean {
  return Math.abs(page.scrollTop - topOf(page, depth)) > TOLERANCE_PX;
}

/** Tells the first value at once, then the newest one every `PAUSE_MS` at most. */
export class Pace {
  private newest: number | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly tell: (value: number) => void) {}

  say(value: number): void {
    if (this.timer !== null) {
      this.newest = value;
      return;
    }
    this.tell(value);
    this.timer = setTimeout(() => {
      this.timer = null;
      const next = this.newest;
      this.newest = null;
      if (next !== null) {
        this.say(next);
      }
    }, PAUSE_MS);
  }

  /** Tells what waits, and no more. */
  stop(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
    if (this.newest !== null) {
      this.tell(this.newest);
      this.newest = null;
    }
  }
}
