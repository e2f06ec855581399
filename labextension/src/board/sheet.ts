/**
 * The page of a document beneath a board, and where it is in view. Pure.
 *
 * All pages of a document share one board: a page is `SHEET_WIDTH` wide in the
 * scene, the next one lies `PITCH` further down, and every shape carries the
 * number of the page it was drawn on, so that only the page at hand is shown.
 */
import type { PagePicture } from '../islands/contract';

import type { BoardElement, BoardFile, Bounds } from './excalidraw';

export const SHEET_WIDTH = 1000;
export const PITCH = 10_000;
/** Excalidraw zooms no further. */
const ZOOMS = [0.1, 30] as const;

export interface Sheet {
  /** Counts from 1. */
  page: number;
  /** In the scene, where it is `SHEET_WIDTH` wide. */
  height: number;
}

export interface Size {
  width: number;
  height: number;
}

/** What of the scene is in view, as Excalidraw keeps it: `(scene + scroll) * zoom` is a place on screen. */
export interface View {
  scrollX: number;
  scrollY: number;
  zoom: number;
}

/** What around the page is left free, for the tools. */
export interface Margins {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

export function boundsOf({ page, height }: Sheet): Bounds {
  const top = (page - 1) * PITCH;
  return [0, top, SHEET_WIDTH, top + height];
}

/** The largest view that has all of `bounds` between the margins. */
export function viewOn([left, top, right, bottom]: Bounds, size: Size, margins: Margins): View {
  const width = Math.max(1, size.width - margins.left - margins.right);
  const height = Math.max(1, size.height - margins.top - margins.bottom);
  const zoom = clamped(Math.min(width / Math.max(1, right - left), height / Math.max(1, bottom - top)));
  return {
    zoom,
    scrollX: (margins.left + width / 2) / zoom - (left + right) / 2,
    scrollY: (margins.top + height / 2) / zoom - (top + bottom) / 2,
  };
}

/** The same middle, nearer or further. */
export function zoomed(view: View, size: Size, zoom: number): View {
  const wanted = clamped(zoom);
  const shift = (side: number) => side / 2 / wanted - side / 2 / view.zoom;
  return {
    zoom: wanted,
    scrollX: view.scrollX + shift(size.width),
    scrollY: view.scrollY + shift(size.height),
  };
}

/** What of the page is within `bounds`; null when they are elsewhere. */
export function onSheet(bounds: Bounds, sheet: Sheet): Bounds | null {
  const page = boundsOf(sheet);
  const found = [
    Math.max(bounds[0], page[0]),
    Math.max(bounds[1], page[1]),
    Math.min(bounds[2], page[2]),
    Math.min(bounds[3], page[3]),
  ] as const;
  return found[2] - found[0] > 1 && found[3] - found[1] > 1 ? found : null;
}

/** Whether a height in the scene is nearer to this page than to another one. */
export function isBeside(y: number, { page, height }: Sheet): boolean {
  return Math.abs(y - (page - 1) * PITCH - height / 2) < PITCH / 2;
}

/** On which page a shape was drawn; null on a board without pages. */
export function pageOf(element: BoardElement): number | null {
  const page = element.customData?.page;
  return typeof page === 'number' && Number.isInteger(page) ? page : null;
}

/** The pages that something was drawn on. */
export function pagesOf(elements: Iterable<BoardElement>): ReadonlySet<number> {
  const found = new Set<number>();
  for (const element of elements) {
    const page = element.isDeleted ? null : pageOf(element);
    if (page !== null) {
      found.add(page);
    }
  }
  return found;
}

const PICTURE = 'webvisio-page';

/** The page as a picture beneath the shapes, for a file that is taken along. */
export function pictured(sheet: Sheet, picture: PagePicture): { element: BoardElement; file: BoardFile } {
  const [x, y] = boundsOf(sheet);
  const element = {
    id: PICTURE,
    type: 'image',
    x,
    y,
    width: SHEET_WIDTH,
    height: sheet.height,
    angle: 0,
    strokeColor: 'transparent',
    backgroundColor: 'transparent',
    fillStyle: 'solid',
    strokeWidth: 1,
    strokeStyle: 'solid',
    roughness: 0,
    opacity: 100,
    groupIds: [],
    frameId: null,
    index: null,
    roundness: null,
    seed: 1,
    version: 1,
    versionNonce: 1,
    isDeleted: false,
    boundElements: [],
    updated: 1,
    link: null,
    locked: true,
    status: 'saved',
    fileId: PICTURE,
    scale: [1, 1],
    crop: null,
  } as const;
  const mimeType = picture.dataUrl.slice(5, picture.dataUrl.indexOf(';'));
  return { element, file: { id: PICTURE, mimeType, dataURL: picture.dataUrl, created: 1 } };
}

function clamped(zoom: number): number {
  return Math.min(ZOOMS[1], Math.max(ZOOMS[0], zoom));
}
