import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { depthOf, isElsewhere, Pace, topOf } from '../../src/interface/presented/scrolling';

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

describe('the pace at which it is told', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is the first at once, then the newest', () => {
    const told: number[] = [];
    const pace = new Pace(value => told.push(value));
    pace.say(0.1);
    pace.say(0.2);
    pace.say(0.3);
    expect(told).toEqual([0.1]);
    vi.advanceTimersByTime(200);
    expect(told).toEqual([0.1, 0.3]);
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([0.1, 0.3]);
  });

  it('leaves nothing untold at the end', () => {
    const told: number[] = [];
    const pace = new Pace(value => told.push(value));
    pace.say(0.1);
    pace.say(0.9);
    pace.stop();
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([0.1, 0.9]);
  });
});
