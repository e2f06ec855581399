import { beforeEach, describe, expect, it } from 'vitest';

import { FIRST_DELAY_MS, LONGEST_DELAY_MS, retryDelayMs } from '../../src/client/backoff';
import { OPENING_LIMIT_MS, PING_INTERVAL_MS, SILENCE_LIMIT_MS } from '../../src/client/signalling';
import { CloseCode } from '../../src/protocol/messages';

import { installBrowserNames, settle, welcome, World } from './fakes';

let world: World;
beforeEach(() => {
  installBrowserNames();
  world = new World();
});

describe('the delay before another attempt', () => {
  it('doubles up to a limit and never exceeds it', () => {
    const delays = Array.from({ length: 12 }, (_, attempt) => retryDelayMs(attempt, 0.999999));
    expect(delays[0]).toBe(FIRST_DELAY_MS);
    expect(delays[1]).toBe(2 * FIRST_DELAY_MS);
    expect(Math.max(...delays)).toBe(LONGEST_DELAY_MS);
  });

  it('spreads over the upper half of the step', () => {
    expect(retryDelayMs(3, 0)).toBe((FIRST_DELAY_MS * 8) / 2);
    expect(retryDelayMs(3, 0.5)).toBe(FIRST_DELAY_MS * 6);
  });

  it('stays finite after very many attempts', () => {
    expect(retryDelayMs(5000, 0.5)).toBe(LONGEST_DELAY_MS * 0.75);
  });
});

describe('coming in', () => {
  it('says Hello first, to the room of the prefix', () => {
    world.client.enter({ microphone: false, camera: false });
    world.socket.open();
    expect(world.socket.url).toBe('wss://training.example/services/rooms/ws/python');
    expect(world.socket.sent).toEqual([
      { type: 'hello', protocol: 1, locale: 'fr', tabId: 'id-1', resume: null },
    ]);
  });

  it('gives up a socket that does not open, and tries another', () => {
    world.client.enter({ microphone: false, camera: false });
    const first = world.socket;
    world.scheduler.advance(OPENING_LIMIT_MS);
    expect(first.wasClosed).toBe(true);
    world.scheduler.advance(FIRST_DELAY_MS);
    expect(world.sockets).toHaveLength(2);
  });
});

describe('a line that breaks', () => {
  it('comes back with the newest resume token', async () => {
    await world.inside({ resume: 'token-7' });
    world.socket.drop();
    expect(world.state.line.kind).toBe('down');
    world.scheduler.advance(FIRST_DELAY_MS);
    world.socket.open();
    expect(world.socket.of('hello')[0]?.resume).toBe('token-7');
    world.socket.say(welcome({ resume: 'token-8', isMediaKept: true }));
    expect(world.state.line).toEqual({ kind: 'up' });
  });

  it('waits longer after each failure and starts small again after success', async () => {
    await world.inside();
    world.socket.drop();
    const first = delayToNextSocket(world);
    world.socket.drop();
    const second = delayToNextSocket(world);
    expect(second).toBeGreaterThan(first);
    world.socket.open();
    world.socket.say(welcome({ isMediaKept: true }));
    world.socket.drop();
    expect(delayToNextSocket(world)).toBe(first);
  });

  it('is noticed when nothing is heard although the socket stays open', async () => {
    await world.inside();
    const silent = world.socket;
    world.scheduler.advance(SILENCE_LIMIT_MS + 2 * PING_INTERVAL_MS);
    expect(silent.wasClosed).toBe(true);
    expect(world.sockets.length).toBeGreaterThan(1);
  });

  it('stays when pings are answered', async () => {
    await world.inside();
    for (let round = 0; round < 10; round += 1) {
      world.scheduler.advance(PING_INTERVAL_MS);
      const ping = world.socket.of('ping').at(-1);
      world.socket.say({ type: 'pong', sentAtMs: ping?.sentAtMs ?? 0 });
    }
    expect(world.sockets).toHaveLength(1);
    expect(world.state.roundTripMs).toBe(0);
  });

  it('is tried at once when the network says it is back', async () => {
    await world.inside();
    world.socket.drop();
    world.client.hurry();
    expect(world.sockets).toHaveLength(2);
  });

  it('does not hear a socket that was given up', async () => {
    await world.inside();
    const old = world.socket;
    old.drop();
    world.scheduler.advance(FIRST_DELAY_MS);
    old.say({ type: 'session_ended', by: 'ghost' });
    expect(world.state.phase.kind).toBe('inside');
  });
});

describe('a line that is shut for good', () => {
  it.each([
    [CloseCode.LOGIN_REQUIRED, 'login_required'],
    [CloseCode.MALFORMED, 'broken'],
  ])('with code %i ends in the phase %s and never returns', async (code, phase) => {
    await world.inside();
    world.socket.drop(code);
    await settle();
    world.scheduler.advance(10 * LONGEST_DELAY_MS);
    expect(world.state.phase.kind).toBe(phase);
    expect(world.sockets).toHaveLength(1);
    expect(world.peer.isClosed).toBe(true);
  });

  it('keeps the reason that was told in a message before', async () => {
    await world.inside();
    const refusal = {
      code: 'suspended_unpaid',
      title: '',
      message: '',
      remedy: '',
      clause: '6.4',
      clauseText: '',
      reference: null,
    };
    world.socket.say({ type: 'refused', refusal });
    world.socket.drop(CloseCode.REFUSED);
    expect(world.state.phase).toEqual({ kind: 'refused', refusal });
  });

  it.each([CloseCode.TOO_LARGE, CloseCode.RESTARTING, CloseCode.SILENT])(
    'is not what code %i means: the client comes back',
    async code => {
      await world.inside();
      world.socket.drop(code);
      world.scheduler.advance(FIRST_DELAY_MS);
      expect(world.sockets).toHaveLength(2);
    },
  );
});

function delayToNextSocket(of: World): number {
  const before = of.sockets.length;
  const start = of.scheduler.now();
  while (of.sockets.length === before) {
    of.scheduler.advance(10);
  }
  return of.scheduler.now() - start;
}
