import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Pace } from '../../src/documents/pace';

describe('a pace', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is the first at once, then the newest when the interval is over', () => {
    let value = 0.1;
    const told: number[] = [];
    const pace = new Pace(200, () => told.push(value));
    pace.ask();
    vi.advanceTimersByTime(0);
    value = 0.2;
    pace.ask();
    value = 0.3;
    pace.ask();
    expect(told).toEqual([0.1]);
    vi.advanceTimersByTime(200);
    expect(told).toEqual([0.1, 0.3]);
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([0.1, 0.3]);
  });

  it('says nothing more of what is over', () => {
    const told: number[] = [];
    const pace = new Pace(200, () => told.push(1));
    pace.ask();
    vi.advanceTimersByTime(0);
    pace.ask();
    pace.stop();
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([1]);
  });
});
