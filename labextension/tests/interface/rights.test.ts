import { describe, expect, it } from 'vitest';

import { isAllowed, permissionOf, rightOf, withPerson } from '../../src/interface/rights';
import type { Permission } from '../../src/protocol/messages';

const AUDIENCES: ReadonlyArray<Permission> = [
  { feature: 'chat', audience: 'all', people: [] },
  { feature: 'chat', audience: 'moderators', people: [] },
  { feature: 'chat', audience: 'people', people: ['a'] },
  { feature: 'chat', audience: 'except', people: ['a'] },
];

describe('a right', () => {
  it.each(AUDIENCES)('of $audience is the same there and back', permission => {
    expect(permissionOf('chat', rightOf(permission))).toEqual(permission);
  });

  it.each(AUDIENCES)(
    'of $audience is taken from one person and given back, and from nobody else',
    permission => {
      const right = rightOf(permission);
      const before = isAllowed(right, 'b');
      for (const isGiven of [false, true]) {
        const changed = withPerson(right, 'a', isGiven);
        expect(isAllowed(changed, 'a')).toBe(isGiven);
        expect(isAllowed(changed, 'b')).toBe(before);
        expect(withPerson(changed, 'a', isGiven)).toEqual(changed);
      }
    },
  );

  it('that was never told is everybody’s', () => {
    expect(isAllowed(rightOf(undefined), 'a')).toBe(true);
  });
});
