import { describe, expect, it } from 'vitest';

import { isUrgent, localValue, remaining } from '../../src/interface/exercises/deadline';
import { wordsOf } from '../../src/words';

const words = wordsOf('fr');
const NOW = Date.parse('2026-11-23T14:00:00Z');

describe('a deadline', () => {
  it.each([
    ['2026-11-23T14:00:01Z', '1\u00a0s'],
    ['2026-11-23T14:01:30Z', '90\u00a0s'],
    ['2026-11-23T14:02:00Z', '2\u00a0min'],
    ['2026-11-23T14:29:30Z', '30\u00a0min'],
    ['2026-11-23T16:05:00Z', '2\u00a0h\u00a005'],
    ['2026-11-26T15:00:00Z', '3\u00a0jours'],
  ])('%s is still %s away', (instant, left) => {
    expect(remaining(instant, NOW, words)?.replace(/ /g, '\u00a0')).toBe(left);
  });

  it('that is past has nothing left, and the last five minutes are urgent', () => {
    expect(remaining('2026-11-23T14:00:00Z', NOW, words)).toBeNull();
    expect(isUrgent('2026-11-23T14:05:01Z', NOW)).toBe(false);
    expect(isUrgent('2026-11-23T14:04:59Z', NOW)).toBe(true);
  });

  it('goes into its field and out again as the same minute', () => {
    const instant = new Date('2026-11-23T14:25:00Z');
    expect(new Date(localValue(instant))).toEqual(instant);
  });
});
