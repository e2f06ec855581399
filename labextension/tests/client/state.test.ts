import { describe, expect, it } from 'vitest';

import {
  handQueue,
  MAX_REACTIONS,
  moderates,
  noticeOf,
  OUTSIDE,
  reduce,
  type RoomSnapshot,
} from '../../src/client/state';
import { CHAT_HISTORY, type ChatView, type ServerMessage } from '../../src/protocol/messages';

import { ROOM, someone, welcome } from './fakes';

const inside = (changes: Partial<RoomSnapshot> = {}): RoomSnapshot => ({
  ...reduce(OUTSIDE, welcome({ participants: [someone('me'), someone('a')] })),
  ...changes,
});

const line = (messageId: number, changes: Partial<ChatView> = {}): ChatView => ({
  messageId,
  clientId: `c-${messageId}`,
  authorId: 'a',
  authorName: 'A',
  text: 'hello',
  postedAt: '2026-11-23T09:00:00Z',
  ...changes,
});

describe('a welcome', () => {
  it('replaces everything but unsent chat and what one switched on oneself', () => {
    const before = inside({
      participants: [someone('gone')],
      unsent: [{ clientId: 'x', text: 'draft' }],
      own: { microphone: true, camera: false, screen: false, screen_audio: false },
      speakers: ['gone'],
    });
    const after = reduce(before, welcome({ participants: [someone('me'), someone('b')] }));
    expect(after.participants.map(one => one.participantId)).toEqual(['me', 'b']);
    expect(after.unsent).toEqual([{ clientId: 'x', text: 'draft' }]);
    expect(after.own.microphone).toBe(true);
    expect(after.speakers).toEqual([]);
  });
});

describe('people', () => {
  it('who join twice are listed once, with their newest state', () => {
    const again: ServerMessage = {
      type: 'participant_joined',
      participant: someone('a', { sources: ['camera'] }),
    };
    const after = reduce(inside(), again);
    expect(after.participants.filter(one => one.participantId === 'a')).toEqual([again.participant]);
    expect(noticeOf(inside(), again)).toBeNull();
  });

  it('who leave no longer speak', () => {
    const after = reduce(inside({ speakers: ['a', 'me'] }), {
      type: 'participant_left',
      participantId: 'a',
      wasRemoved: false,
    });
    expect(after.speakers).toEqual(['me']);
    expect(after.participants.map(one => one.participantId)).toEqual(['me']);
  });

  it('keep the stage through a pause after they spoke', () => {
    const spoke = reduce(inside(), { type: 'speakers', participantIds: ['me', 'a'] });
    expect(reduce(spoke, { type: 'speakers', participantIds: [] }).lastSpeaker).toBe('a');
  });

  it('queue by the time at which their hand went up', () => {
    const queue = handQueue([
      someone('late', { handRaisedAt: '2026-11-23T09:10:00Z' }),
      someone('none'),
      someone('early', { handRaisedAt: '2026-11-23T09:08:00Z' }),
    ]);
    expect(queue.map(one => one.participantId)).toEqual(['early', 'late']);
  });

  it('moderate as host or co-host only', () => {
    const as = (role: 'host' | 'cohost' | 'participant' | 'observer') =>
      moderates(reduce(OUTSIDE, welcome({ participants: [someone('me', { role })] })));
    expect([as('host'), as('cohost'), as('participant'), as('observer')]).toEqual([true, true, false, false]);
  });
});

describe('chat', () => {
  it('shows a line once, however often it is posted', () => {
    const once = reduce(inside(), { type: 'chat_posted', chat: line(1) });
    expect(reduce(once, { type: 'chat_posted', chat: line(1) })).toBe(once);
  });

  it('takes an own line out of the unsent ones by its identifier', () => {
    const before = inside({ unsent: [{ clientId: 'mine', text: 'hello' }] });
    const after = reduce(before, {
      type: 'chat_posted',
      chat: line(1, { clientId: 'mine', authorId: 'me' }),
    });
    expect(after.unsent).toEqual([]);
    expect(after.unreadChat).toBe(0);
  });

  it('keeps no more than the history', () => {
    let state = inside();
    for (let number = 0; number < CHAT_HISTORY + 10; number += 1) {
      state = reduce(state, { type: 'chat_posted', chat: line(number) });
    }
    expect(state.chat).toHaveLength(CHAT_HISTORY);
    expect(state.chat.at(-1)?.messageId).toBe(CHAT_HISTORY + 9);
    expect(state.unreadChat).toBe(CHAT_HISTORY + 10);
  });
});

describe('reactions', () => {
  it('are bounded and keep distinct keys', () => {
    let state = inside();
    for (let number = 0; number < 3 * MAX_REACTIONS; number += 1) {
      state = reduce(state, { type: 'reacted', participantId: 'a', reaction: 'heart' });
    }
    expect(state.reactions.length).toBeLessThanOrEqual(MAX_REACTIONS);
    expect(new Set(state.reactions.map(one => one.key)).size).toBe(state.reactions.length);
  });
});

describe('the cut', () => {
  it('empties the room and keeps what was not sent', () => {
    const refusal = {
      code: 'suspended_unpaid',
      title: 't',
      message: 'm',
      remedy: 'r',
      clause: '6.4',
      clauseText: 'c',
      reference: null,
    };
    const after = reduce(inside({ unsent: [{ clientId: 'x', text: 'kept' }] }), { type: 'refused', refusal });
    expect(after.phase).toEqual({ kind: 'refused', refusal });
    expect(after.participants).toEqual([]);
    expect(after.unsent).toHaveLength(1);
  });
});

describe('notices', () => {
  it('tell who raised a hand, but not that one lowered it', () => {
    const up = someone('a', { handRaisedAt: '2026-11-23T09:00:00Z' });
    expect(noticeOf(inside(), { type: 'participant_changed', participant: up })).toEqual({
      kind: 'hand_raised',
      name: 'A',
    });
    const raised = reduce(inside(), { type: 'participant_changed', participant: up });
    expect(noticeOf(raised, { type: 'participant_changed', participant: someone('a') })).toBeNull();
  });

  it('tell of others’ chat, never of one’s own', () => {
    expect(noticeOf(inside(), { type: 'chat_posted', chat: line(1) })?.kind).toBe('chat');
    expect(noticeOf(inside(), { type: 'chat_posted', chat: line(2, { authorId: 'me' }) })).toBeNull();
  });

  it('tell that one was let in, and that one is back', () => {
    const waiting = reduce(OUTSIDE, {
      type: 'waiting',
      reason: 'no_host',
      room: ROOM,
      participantId: 'me',
      resume: 'r',
    });
    expect(noticeOf(waiting, welcome())).toEqual({ kind: 'let_in' });
    expect(noticeOf(inside({ line: { kind: 'down', attempt: 1, retryAtMs: 0 } }), welcome())).toEqual({
      kind: 'back_online',
    });
    expect(noticeOf(OUTSIDE, welcome())).toBeNull();
  });

  it('tell moderators of newcomers at the door only', () => {
    const before = inside({ waiting: [someone('x')] });
    expect(noticeOf(before, { type: 'waiting_changed', waiting: [someone('x'), someone('y')] })).toEqual({
      kind: 'at_the_door',
      name: 'Y',
    });
    expect(noticeOf(before, { type: 'waiting_changed', waiting: [] })).toBeNull();
  });

  it('tell whoever gains or loses a right, and nobody else', () => {
    const closed: ServerMessage = {
      type: 'permissions_changed',
      permissions: [
        { feature: 'chat', audience: 'except', people: ['me'] },
        { feature: 'draw', audience: 'people', people: ['a'] },
      ],
    };
    expect(noticeOf(inside(), closed)).toEqual({ kind: 'rights', given: [], taken: ['chat', 'draw'] });
    expect(noticeOf(inside({ me: 'a' }), closed)).toBeNull();
    const reopened: ServerMessage = {
      type: 'permissions_changed',
      permissions: [{ feature: 'chat', audience: 'all', people: [] }],
    };
    expect(noticeOf(reduce(inside(), closed), reopened)).toEqual({
      kind: 'rights',
      given: ['chat'],
      taken: [],
    });
  });
});

describe('a server that does not keep up', () => {
  it('is known from the welcome and from then on', () => {
    const strained = reduce(OUTSIDE, welcome({ isMediaStrained: true }));
    expect(strained.isServerStrained).toBe(true);
    expect(reduce(strained, { type: 'media_strained', isStrained: false }).isServerStrained).toBe(false);
    expect(noticeOf(strained, { type: 'media_strained', isStrained: false })).toBeNull();
  });
});
