import { describe, expect, it } from 'vitest';

import { editBetween, moved } from '../../src/interface/presented/textBinding';

describe('what was typed', () => {
  it.each([
    ['', 'a', 1, { at: 0, removed: 0, inserted: 'a' }],
    ['abc', 'abXc', 3, { at: 2, removed: 0, inserted: 'X' }],
    ['aaa', 'aaaa', 2, { at: 1, removed: 0, inserted: 'a' }],
    ['aaa', 'aa', 1, { at: 1, removed: 1, inserted: '' }],
    ['one two', 'one', 3, { at: 3, removed: 4, inserted: '' }],
    ['one two', 'one 2', 5, { at: 4, removed: 3, inserted: '2' }],
    ['😀', '😁', 2, { at: 0, removed: 2, inserted: '😁' }],
  ])('from %j to %j', (before, after, caret, edit) => {
    expect(editBetween(before, after, caret)).toEqual(edit);
  });

  it('is always enough to get from one text to the other', () => {
    const letters = ['a', 'b', '\n', '😀', 'é'];
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    const text = () => Array.from({ length: next(12) }, () => letters[next(letters.length)]).join('');
    for (let round = 0; round < 2000; round += 1) {
      const [before, after] = [text(), text()];
      const { at, removed, inserted } = editBetween(before, after, next(after.length + 1));
      expect(before.slice(0, at) + inserted + before.slice(at + removed)).toBe(after);
    }
  });
});

describe('a caret', () => {
  it.each([
    [5, [{ insert: 'abc' }], 8],
    [0, [{ insert: 'abc' }], 0],
    [5, [{ retain: 5 }, { insert: 'abc' }], 5],
    [5, [{ retain: 2 }, { delete: 2 }], 3],
    [5, [{ retain: 2 }, { delete: 9 }], 2],
    [5, [{ retain: 6 }, { delete: 1 }], 5],
    [5, [{ delete: 2 }, { insert: 'x' }], 4],
  ])('at %i after %j', (place, delta, expected) => {
    expect(moved(place, delta)).toBe(expected);
  });
});
