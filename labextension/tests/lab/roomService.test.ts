import { describe, expect, it } from 'vitest';

import type { RoomClient, RoomSession } from '../../src/client';
import { Store } from '../../src/client/observable';
import { browserScheduler } from '../../src/client/scheduler';
import { OUTSIDE, type Phase, type RoomSnapshot } from '../../src/client/state';
import { type Identity, type ReadablePage, RoomsLogin } from '../../src/lab/login';
import { keepLogin, linkCode, RoomService } from '../../src/lab/roomService';
import type { MyRoom, MyRooms } from '../../src/protocol/messages';

function aRoom(roomId: string): MyRoom {
  return {
    room: {
      roomId,
      name: roomId.toUpperCase(),
      customerName: 'ACME',
      state: 'open',
      admission: 'everybody',
      isGuestAccessOpen: false,
      welcome: '',
      openedAt: null,
      entitledUntil: null,
    },
    role: 'host',
    link: `https://visio.example/services/rooms/r/code-${roomId}`,
    participants: 0,
    refusal: null,
  };
}

function sessionPage({ userName, xsrf }: Identity): ReadablePage {
  return {
    querySelector: selectors => ({ getAttribute: () => (selectors.includes('xsrf') ? xsrf : userName) }),
  };
}

interface Asked {
  url: string;
  xsrf: string | null;
}

/** A rooms service that knows one XSRF token at a time, as the real one does. */
class FakeService {
  rooms: MyRoom[] = [aRoom('python'), aRoom('sql')];
  currentXsrf = 'first';
  isKnown = true;
  readonly asked: Asked[] = [];
  readonly disposed: string[] = [];
  logins = 0;

  readonly login = new RoomsLogin(
    '/services/rooms/',
    {
      loadUnseen: () => {
        this.logins += 1;
        return Promise.resolve(
          this.isKnown ? sessionPage({ userName: 'claire', xsrf: this.currentXsrf }) : null,
        );
      },
      openWindow: () => null,
    },
    browserScheduler,
  );

  readonly service = new RoomService({
    prefix: '/services/rooms/',
    locale: 'en',
    login: this.login,
    fetcher: (input, init) => {
      const xsrf = new Headers(init?.headers).get('X-XSRFToken');
      this.asked.push({ url: input as string, xsrf });
      const body: MyRooms = { userName: 'claire', rooms: this.rooms };
      return Promise.resolve(
        xsrf === this.currentXsrf ? Response.json(body) : Response.json({}, { status: 401 }),
      );
    },
    makeSession: code =>
      ({
        client: new Store<RoomClient | null>(null),
        dispose: () => this.disposed.push(code),
      }) as unknown as RoomSession,
  });
}

describe('reading one’s rooms', () => {
  it('logs in unseen first, then asks with that token', async () => {
    const fake = new FakeService();
    const state = await fake.service.refresh();
    expect(state).toEqual({ kind: 'known', rooms: fake.rooms });
    expect(fake.asked).toEqual([{ url: '/services/rooms/api/rooms', xsrf: 'first' }]);
  });

  it('asks nothing of the service while the hub does not know the browser', async () => {
    const fake = new FakeService();
    fake.isKnown = false;
    expect((await fake.service.refresh()).kind).toBe('unread');
    expect(fake.asked).toEqual([]);
  });

  it('comes back by itself when the login behind the token has changed', async () => {
    const fake = new FakeService();
    await fake.service.refresh();
    fake.currentXsrf = 'second';
    expect((await fake.service.refresh()).kind).toBe('known');
    expect(fake.asked.map(({ xsrf }) => xsrf)).toEqual(['first', 'first', 'second']);
  });

  it('does not repeat a request that was refused under the present token', async () => {
    const fake = new FakeService();
    await fake.service.refresh();
    fake.currentXsrf = 'second';
    fake.isKnown = false;
    expect((await fake.service.refresh()).kind).toBe('failed');
    expect(fake.asked).toHaveLength(2);
  });

  it('keeps showing the known rooms while it looks again', async () => {
    const fake = new FakeService();
    await fake.service.refresh();
    const seen: string[] = [];
    fake.service.rooms.subscribe(() => seen.push(fake.service.rooms.get().kind));
    await fake.service.refresh();
    expect(seen).toEqual(['known']);
  });
});

describe('opening a room', () => {
  it('finds a room that was not read yet', async () => {
    const fake = new FakeService();
    const opening = await fake.service.open('python');
    expect(opening.kind).toBe('opened');
    expect(fake.service.openRoom.get()?.mine.room.roomId).toBe('python');
  });

  it('gives an open room back as it is, so that coming back never starts again', async () => {
    const fake = new FakeService();
    const first = await fake.service.open('python');
    expect(await fake.service.open('python')).toEqual(first);
    expect(fake.disposed).toEqual([]);
  });

  it('ends the session in the present room when another is opened: one room at a time', async () => {
    const fake = new FakeService();
    await fake.service.open('python');
    await fake.service.open('sql');
    expect(fake.disposed).toEqual(['code-python']);
    expect(fake.service.openRoom.get()?.mine.room.roomId).toBe('sql');
  });

  it('leaves the present room alone when the other does not exist', async () => {
    const fake = new FakeService();
    await fake.service.open('python');
    expect((await fake.service.open('java')).kind).toBe('unknown_room');
    expect(fake.disposed).toEqual([]);
  });

  it('tells a room that cannot be looked up apart from one that does not exist', async () => {
    const fake = new FakeService();
    fake.isKnown = false;
    expect((await fake.service.open('python')).kind).toBe('not_read');
  });

  it('ends the session when it is closed, once', async () => {
    const fake = new FakeService();
    await fake.service.open('python');
    fake.service.close();
    fake.service.close();
    expect(fake.disposed).toEqual(['code-python']);
  });
});

it('reads the code off a link, whatever follows it', () => {
  expect(linkCode('https://visio.example/services/rooms/r/abc%2Dd?x=1#top')).toBe('abc-d');
});

it('offers nothing outside a hub', () => {
  const { login } = new FakeService();
  expect(new RoomService({ prefix: '', locale: 'en', login }).isOffered).toBe(false);
});

describe('a login that runs out in a session', () => {
  function inside() {
    const fake = new FakeService();
    const store = new Store<RoomSnapshot>({ ...OUTSIDE, phase: { kind: 'inside' } });
    let entered = 0;
    const enter = () => {
      entered += 1;
    };
    const client = new Store<RoomClient | null>({ store, enter } as unknown as RoomClient);
    const stop = keepLogin({ client }, fake.login);
    const become = async (phase: Phase) => {
      store.set({ ...OUTSIDE, phase });
      await Promise.resolve();
      await new Promise(setImmediate);
    };
    return { fake, become, stop, entries: () => entered };
  }

  it('is renewed unseen, and the person comes back in', async () => {
    const { become, entries } = inside();
    await become({ kind: 'login_required' });
    expect(entries()).toBe(1);
  });

  it('is tried once: a service that refuses again is believed', async () => {
    const { become, entries } = inside();
    await become({ kind: 'login_required' });
    await become({ kind: 'entering' });
    await become({ kind: 'login_required' });
    expect(entries()).toBe(1);
    await become({ kind: 'inside' });
    await become({ kind: 'login_required' });
    expect(entries()).toBe(2);
  });

  it('is left to the person when the hub wants to see them', async () => {
    const { fake, become, entries } = inside();
    fake.isKnown = false;
    await become({ kind: 'login_required' });
    expect(entries()).toBe(0);
  });

  it('is nobody’s business after the room was closed', async () => {
    const { fake, become, stop } = inside();
    stop();
    await become({ kind: 'login_required' });
    expect(fake.logins).toBe(0);
  });
});
