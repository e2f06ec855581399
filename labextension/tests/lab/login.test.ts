import { describe, expect, it } from 'vitest';

import type { Scheduler } from '../../src/client/scheduler';
import type { LoginNavigator, OpenedWindow, ReadablePage } from '../../src/lab/login';
import { readIdentity, RoomsLogin, WINDOW_POLL_MS } from '../../src/lab/login';

const NAMES: Record<string, string> = {
  'meta[name="webvisio-user"]': 'user',
  'meta[name="webvisio-xsrf"]': 'xsrf',
};

function page(metas: { user?: string; xsrf?: string }): ReadablePage {
  return {
    querySelector: selectors => {
      const value = metas[(NAMES[selectors] ?? '') as keyof typeof metas];
      return value === undefined ? null : { getAttribute: () => value };
    },
  };
}

const CLAIRE = page({ user: 'claire', xsrf: 'abc' });
const IDENTITY = { userName: 'claire', xsrf: 'abc' };

class VirtualClock implements Scheduler {
  private tasks: { at: number; task: () => void }[] = [];
  private time = 0;
  now(): number {
    return this.time;
  }
  random(): number {
    return 0.5;
  }
  after(delayMs: number, task: () => void): () => void {
    const entry = { at: this.time + delayMs, task };
    this.tasks.push(entry);
    return () => {
      this.tasks = this.tasks.filter(one => one !== entry);
    };
  }
  advance(byMs: number): void {
    this.time += byMs;
    const due = this.tasks.filter(one => one.at <= this.time);
    this.tasks = this.tasks.filter(one => one.at > this.time);
    due.forEach(one => {
      one.task();
    });
  }
  get pending(): number {
    return this.tasks.length;
  }
}

class FakeNavigator implements LoginNavigator {
  loaded: string[] = [];
  framed: ReadablePage | null = null;
  opened: (OpenedWindow & { page: ReadablePage | null; closed: boolean }) | null = null;
  isPopupForbidden = false;

  loadUnseen(url: string): Promise<ReadablePage | null> {
    this.loaded.push(url);
    return Promise.resolve(this.framed);
  }
  openWindow(): OpenedWindow | null {
    if (this.isPopupForbidden) {
      return null;
    }
    this.opened = {
      page: null,
      closed: false,
      document() {
        return this.page;
      },
      isClosed() {
        return this.closed;
      },
      close() {
        this.closed = true;
      },
    };
    return this.opened;
  }
}

function setUp() {
  const navigator = new FakeNavigator();
  const clock = new VirtualClock();
  return { navigator, clock, session: new RoomsLogin('/services/rooms/', navigator, clock) };
}

describe('the session of the rooms service', () => {
  it('is connected without a click when the hub knows the browser', async () => {
    const { navigator, session } = setUp();
    navigator.framed = CLAIRE;
    expect(await session.connect()).toEqual(IDENTITY);
    expect(navigator.loaded).toEqual(['/services/rooms/session']);
    expect(session.store.get()).toEqual({ kind: 'connected', identity: IDENTITY });
  });

  it('navigates once when two views ask at the same time', async () => {
    const { navigator, session } = setUp();
    navigator.framed = CLAIRE;
    await Promise.all([session.connect(), session.connect()]);
    expect(navigator.loaded).toHaveLength(1);
  });

  it('wants a click when the hub shows a page that cannot be framed', async () => {
    const { session } = setUp();
    expect(await session.connect()).toBeNull();
    expect(session.store.get()).toEqual({ kind: 'needs_click' });
  });

  it('says that the service is down when another page answers in its place', async () => {
    const { navigator, session } = setUp();
    navigator.framed = page({});
    await session.connect();
    expect(session.store.get()).toEqual({ kind: 'unavailable' });
  });

  it('stays connected while it asks again, so that nothing flickers', async () => {
    const { navigator, session } = setUp();
    navigator.framed = CLAIRE;
    await session.connect();
    const seen: string[] = [];
    session.store.subscribe(() => seen.push(session.store.get().kind));
    navigator.framed = page({ user: 'claire', xsrf: 'new' });
    await session.connect();
    expect(seen).toEqual(['connected']);
    expect(session.identity?.xsrf).toBe('new');
  });

  it('reads the login out of the small window and closes it', async () => {
    const { navigator, clock, session } = setUp();
    await session.connect();
    expect(session.connectByWindow()).toBe(true);
    clock.advance(WINDOW_POLL_MS);
    expect(session.store.get()).toEqual({ kind: 'needs_click' });
    if (navigator.opened) {
      navigator.opened.page = CLAIRE;
    }
    clock.advance(WINDOW_POLL_MS);
    expect(session.identity).toEqual(IDENTITY);
    expect(navigator.opened?.closed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('stops looking at a window that the person closed', async () => {
    const { navigator, clock, session } = setUp();
    await session.connect();
    session.connectByWindow();
    navigator.opened?.close();
    clock.advance(WINDOW_POLL_MS);
    expect(clock.pending).toBe(0);
    expect(session.store.get()).toEqual({ kind: 'needs_click' });
  });

  it('tells when the browser forbids the window', () => {
    const { navigator, session } = setUp();
    navigator.isPopupForbidden = true;
    expect(session.connectByWindow()).toBe(false);
  });

  it('watches nothing after it is disposed of', async () => {
    const { clock, session } = setUp();
    await session.connect();
    session.connectByWindow();
    session.dispose();
    expect(clock.pending).toBe(0);
  });
});

describe('the session page', () => {
  it('names nobody without both the person and the token', () => {
    expect(readIdentity(page({ user: 'claire' }))).toBeNull();
    expect(readIdentity(page({ xsrf: 'abc' }))).toBeNull();
    expect(readIdentity(page({ user: '', xsrf: 'abc' }))).toBeNull();
  });
});
