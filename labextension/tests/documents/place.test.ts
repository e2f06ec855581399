import { describe, expect, it } from 'vitest';

import { offsetFor, positionIn } from '../../src/documents/following';

const screen = { top: 100, height: 600 };

describe('where a page is', () => {
  it('is told by the cell at the top edge, and how much of it is past', () => {
    const cells = [
      ['a', { top: -400, height: 450 }],
      ['b', { top: 50, height: 200 }],
      ['c', { top: 250, height: 200 }],
    ] as const;
    expect(positionIn(cells, screen, 'c')).toEqual({ active: 'c', isActiveSeen: true, top: 'b', past: 0.25 });
  });

  it('tells an active cell that is not on the screen', () => {
    const cells = [
      ['a', { top: -400, height: 450 }],
      ['b', { top: 100, height: 900 }],
    ] as const;
    expect(positionIn(cells, screen, 'a').isActiveSeen).toBe(false);
  });

  it('is the beginning of the last cell for whoever scrolled beyond it', () => {
    const cells = [
      ['a', { top: -900, height: 400 }],
      ['b', { top: -500, height: 400 }],
    ] as const;
    expect(positionIn(cells, screen, null)).toMatchObject({ top: 'b', past: 0 });
  });

  it('is nowhere in an empty notebook', () => {
    expect(positionIn([], screen, null)).toEqual({ active: null, isActiveSeen: false, top: null, past: 0 });
  });
});

describe('how far one scrolls to be where the leader is', () => {
  const position = { active: 'z', isActiveSeen: true, top: 'a', past: 0.5 };

  it('brings the same part of the same cell to the top edge, at any width', () => {
    expect(offsetFor(position, 1000, screen, { top: 500, height: 80 }, null)).toBe(1440);
    expect(offsetFor(position, 1000, screen, { top: 500, height: 160 }, null)).toBe(1480);
  });

  it('shows the active cell on a smaller screen too, for it is spoken about', () => {
    const active = { top: 1500, height: 90 };
    expect(offsetFor(position, 0, screen, { top: 100, height: 100 }, active)).toBe(890);
  });

  it('shows of a long active cell its beginning', () => {
    const active = { top: 700, height: 5000 };
    expect(offsetFor(position, 0, screen, { top: 100, height: 100 }, active)).toBe(200);
  });

  it('leaves an active cell where it is that the leader does not see either', () => {
    const active = { top: 1500, height: 90 };
    const elsewhere = { ...position, isActiveSeen: false };
    expect(offsetFor(elsewhere, 0, screen, { top: 100, height: 100 }, active)).toBe(50);
  });
});
