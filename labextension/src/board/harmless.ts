/**
 * What of a board may be shown, whatever somebody's client wrote into it. Pure.
 *
 * Pictures come with the board, never from an address: everybody's browser
 * would ask it. As pictures, SVG included, they run nothing. Pages inside a
 * board (Excalidraw's `embeddable` and `iframe`, whose document is a shape's own) are not shown.
 */
import type { BoardElement, BoardFile } from './excalidraw';

const PAGES: ReadonlySet<string> = new Set(['embeddable', 'iframe', 'magicframe']);
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp|bmp|x-icon|avif|svg\+xml)[;,]/i;

export function shapesOf(elements: ReadonlyArray<BoardElement>): ReadonlyArray<BoardElement> {
  return elements.filter(one => !PAGES.has(one.type));
}

export function picturesOf(files: Iterable<BoardFile>): BoardFile[] {
  return [...files].filter(one => typeof one.dataURL === 'string' && PICTURE.test(one.dataURL));
}
