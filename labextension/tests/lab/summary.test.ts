import { describe, expect, it } from 'vitest';

import { MediaSession, type MediaState } from '../../src/client/media';
import { browserScheduler } from '../../src/client/scheduler';
import { OUTSIDE, type RoomSnapshot } from '../../src/client/state';
import {
  isInRoom,
  isUnderWay,
  listed,
  type Presence,
  presenceInWords,
  sameSummary,
  summarise,
} from '../../src/lab/summary';
import type { MyRoom, RefusalView } from '../../src/protocol/messages';
import { LAB_WORDS } from '../../src/lab/words';

const MEDIA: MediaState = {
  ...new MediaSession({
    scheduler: browserScheduler,
    createConnection: () => {
      throw new Error('no connection in this test');
    },
    createAudio: () => {
      throw new Error('no sound in this test');
    },
    offer: () => undefined,
    restartIce: () => false,
  }).store.get(),
  connection: 'connected',
};
const INSIDE: RoomSnapshot = { ...OUTSIDE, phase: { kind: 'inside' } };

describe('the room in a few words', () => {
  it('says the worst first: no line, then blocked, then interrupted media', () => {
    const down: RoomSnapshot = { ...INSIDE, line: { kind: 'down', attempt: 1, retryAtMs: 0 } };
    const blocked: MediaState = { ...MEDIA, isBlocked: true, connection: 'failed' };
    expect(summarise(down, blocked).presence).toBe('reconnecting');
    expect(summarise(INSIDE, blocked).presence).toBe('media_blocked');
    expect(summarise(INSIDE, { ...MEDIA, connection: 'interrupted' }).presence).toBe('media_interrupted');
    expect(summarise(INSIDE, MEDIA).presence).toBe('connected');
  });

  it('is in no room at the door, nor after it is over', () => {
    expect(summarise(OUTSIDE, MEDIA).presence).toBe('outside');
    const presenceIn = (kind: 'left' | 'superseded' | 'broken') =>
      summarise({ ...OUTSIDE, phase: { kind } }, MEDIA).presence;
    expect(presenceIn('left')).toBe('left');
    expect(presenceIn('superseded')).toBe('elsewhere');
    expect(presenceIn('broken')).toBe('lost');
    expect(['left', 'elsewhere', 'lost', 'outside', 'shut'].some(one => isInRoom(one as Presence))).toBe(
      false,
    );
  });

  it('changes when one’s own microphone does', () => {
    const quiet = summarise(INSIDE, MEDIA);
    const loud = summarise({ ...INSIDE, own: { ...INSIDE.own, microphone: true } }, MEDIA);
    expect(sameSummary(quiet, loud)).toBe(false);
    expect(sameSummary(quiet, { ...quiet })).toBe(true);
  });

  it('has words for every presence in both languages', () => {
    for (const words of Object.values(LAB_WORDS)) {
      const presences = ['outside', 'waiting', 'reconnecting', 'media_blocked', 'media_interrupted'] as const;
      expect(new Set(presences.map(presence => presenceInWords(presence, words))).size).toBe(5);
    }
  });
});

describe('the list of rooms', () => {
  const mine = { room: { state: 'open' }, participants: 3, refusal: null } as MyRoom;

  it('says at once what the door says, not what was read before', () => {
    const refusal = { title: 'Maintenance under way' } as RefusalView;
    const shut = summarise({ ...OUTSIDE, phase: { kind: 'refused', refusal } }, MEDIA);
    expect(listed(mine, shut)).toMatchObject({
      refusal: 'Maintenance under way',
      people: 0,
      isInside: false,
    });
  });

  it('counts from inside, and from the list where one is not', () => {
    expect(listed(mine, summarise(INSIDE, MEDIA))).toMatchObject({
      isInside: true,
      people: 0,
      refusal: null,
    });
    expect(listed(mine, null)).toMatchObject({ isInside: false, people: 3, state: 'open' });
  });
});

describe('closing the tab', () => {
  it.each(['entering', 'inside'] as const)('leaves a session that is %s running', kind => {
    expect(isUnderWay({ ...OUTSIDE, phase: { kind } })).toBe(true);
  });

  it.each(['outside', 'left', 'superseded', 'broken'] as const)('gives the devices back when %s', kind => {
    expect(isUnderWay({ ...OUTSIDE, phase: { kind } })).toBe(false);
  });
});
