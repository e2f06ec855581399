/** How far down a page is, whatever its width makes of its height. Pure. */

/** What of an element says how it is scrolled. */
export interface Scrolled {
  readonly scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
}

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
