import { describe, expect, it, vi } from 'vitest';

import { takeRoomFromAddress } from '../../src/lab/roomLink';
import { LAB_WORDS } from '../../src/lab/words';

describe('a room in the address', () => {
  it('is taken once, and the rest of the address stays', () => {
    const replaceState = vi.fn();
    const href = 'https://visio.example/user/claire/lab?webvisio-room=python-1&reset#top';
    expect(takeRoomFromAddress({ href }, { replaceState })).toBe('python-1');
    const [, , left] = replaceState.mock.calls[0] as [unknown, string, URL];
    expect(left.href).toBe('https://visio.example/user/claire/lab?reset=#top');
  });

  it('that no room can have is taken away and not asked for', () => {
    const replaceState = vi.fn();
    const href = 'https://visio.example/lab?webvisio-room=../../hub';
    expect(takeRoomFromAddress({ href }, { replaceState })).toBeNull();
    expect(replaceState).toHaveBeenCalledOnce();
  });

  it('that is not there leaves the history alone', () => {
    const replaceState = vi.fn();
    expect(takeRoomFromAddress({ href: 'https://visio.example/lab' }, { replaceState })).toBeNull();
    expect(replaceState).not.toHaveBeenCalled();
  });
});

it('French counts nobody in the singular, English does not', () => {
  expect(LAB_WORDS.fr.people(0)).toBe('0 personne');
  expect(LAB_WORDS.en.people(0)).toBe('0 people');
});
