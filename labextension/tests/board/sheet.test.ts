import { describe, expect, it } from 'vitest';

import {
  boundsOf,
  isBeside,
  onSheet,
  pagesOf,
  PITCH,
  pictured,
  SHEET_WIDTH,
  viewOn,
  zoomed,
} from '../../src/board/sheet';
import type { BoardElement } from '../../src/board/excalidraw';

const SHEET = { page: 3, height: 1400 };
const SIZE = { width: 800, height: 600 };
const NARROW = { top: 50, right: 10, bottom: 50, left: 10 };

function shape(page: unknown, isDeleted = false): BoardElement {
  const element = { id: 'x', type: 'line', version: 1, versionNonce: 1, isDeleted };
  return { ...element, customData: { page } } as BoardElement;
}

describe('a page beneath a board', () => {
  it('lies apart from the others, and is seen whole between the margins', () => {
    expect(boundsOf(SHEET)).toEqual([0, 2 * PITCH, SHEET_WIDTH, 2 * PITCH + 1400]);
    const view = viewOn(boundsOf(SHEET), SIZE, NARROW);
    const [left, top, right, bottom] = boundsOf(SHEET);
    expect((top + view.scrollY) * view.zoom).toBeCloseTo(50);
    expect((bottom + view.scrollY) * view.zoom).toBeCloseTo(550);
    expect((left + view.scrollX) * view.zoom + (right + view.scrollX) * view.zoom).toBeCloseTo(800);
  });

  it('keeps its middle when it is made larger', () => {
    const before = viewOn(boundsOf(SHEET), SIZE, NARROW);
    const after = zoomed(before, SIZE, before.zoom * 2);
    const middle = (view: typeof before) => [
      SIZE.width / 2 / view.zoom - view.scrollX,
      SIZE.height / 2 / view.zoom - view.scrollY,
    ];
    expect(after.zoom).toBeCloseTo(before.zoom * 2);
    expect(middle(after)[0]).toBeCloseTo(middle(before)[0] ?? NaN);
    expect(middle(after)[1]).toBeCloseTo(middle(before)[1] ?? NaN);
  });

  it('is followed as far as it is seen, and not at all on another page', () => {
    const beside = 2 * PITCH;
    expect(onSheet([-500, beside - 200, 600, beside + 300], SHEET)).toEqual([0, beside, 600, beside + 300]);
    expect(onSheet([0, 0, 1000, 1400], SHEET)).toBeNull();
    expect(isBeside(beside + 100, SHEET)).toBe(true);
    expect(isBeside(100, SHEET)).toBe(false);
  });

  it('is annotated where something is left on it', () => {
    expect([...pagesOf([shape(2), shape(5), shape(7, true), shape('2'), shape(undefined)])]).toEqual([2, 5]);
  });

  it('is taken along as a picture beneath, locked', () => {
    const { element, file } = pictured(SHEET, { dataUrl: 'data:image/jpeg;base64,AA==', texts: [] });
    expect(element).toMatchObject({ width: 1000, height: 1400, y: 2 * PITCH, locked: true, fileId: file.id });
    expect(file.mimeType).toBe('image/jpeg');
  });
});
