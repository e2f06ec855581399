import { expect, it } from 'vitest';

import { cardsFor, MAX_CARDS } from '../../src/lab/launcherCards';
import type { MyRoom } from '../../src/protocol/messages';

const named = (roomId: string): MyRoom => ({ room: { roomId, name: `The ${roomId}` } }) as MyRoom;

it('one room, or none known yet, is one card that opens at one click', () => {
  expect(cardsFor({ kind: 'unread' })).toEqual([{ args: {} }]);
  expect(cardsFor({ kind: 'known', rooms: [named('a')] })).toEqual([{ args: {} }]);
});

it('several rooms have a card each, so that one click is still enough', () => {
  expect(cardsFor({ kind: 'known', rooms: [named('a'), named('b')] })).toEqual([
    { args: { roomId: 'a', name: 'The a' } },
    { args: { roomId: 'b', name: 'The b' } },
  ]);
});

it('many rooms leave the launcher to the kernels', () => {
  const rooms = Array.from({ length: MAX_CARDS + 3 }, (_, index) => named(`r${index}`));
  expect(cardsFor({ kind: 'known', rooms })).toHaveLength(MAX_CARDS);
});
