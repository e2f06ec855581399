import { describe, expect, it } from 'vitest';

import { depthOf, isElsewhere, topOf } from '../../src/interface/presented/scrolling';

const page = (scrollTop: number, scrollHeight: number) => ({ scrollTop, scrollHeight, clientHeight: 400 });

describe('how far down a page is', () => {
  it('is the same for a wide page and a narrow one', () => {
    expect(depthOf(page(800, 2000))).toBe(0.5);
    expect(topOf(page(0, 4400), 0.5)).toBe(2000);
  });

  it('is nothing where the page fits, and never beyond the end', () => {
    expect(depthOf(page(0, 300))).toBe(0);
    expect(topOf(page(0, 300), 0.7)).toBe(0);
    expect(depthOf(page(1700, 2000))).toBe(1);
  });

  it('takes rounding for no scrolling of one’s own', () => {
    expect(isElsewhere(page(801, 2000), 0.5)).toBe(false);
    expect(isElsewhere(page(900, 2000), 0.5)).toBe(true);
  });
});
