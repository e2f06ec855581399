/**
 * Every copy of an exercise at a glance, as the service tells it.
 *
 * One WebSocket; it comes back by itself. What it says is small by
 * construction: a letter a cell, and an excerpt of what each works on.
 */
import { retryDelayMs } from '../client/backoff';
import { Store } from '../client/observable';
import type { Cancel, Scheduler } from '../client/scheduler';
import { PING_INTERVAL_MS, SILENCE_LIMIT_MS, type SocketFactory } from '../client/signalling';
import {
  CloseCode,
  type RefusalView,
  type Wall,
  type WallRow,
  type WallServerMessage,
} from '../protocol/messages';

export interface WallState {
  /** Null before the first word of the service. */
  wall: Wall | null;
  isUp: boolean;
  refusal: RefusalView | null;
}

export class WallFeed {
  readonly store = new Store<WallState>({ wall: null, isUp: false, refusal: null });
  private socket: WebSocket | null = null;
  private attempt = 0;
  private heardAtMs = 0;
  private cancel: Cancel | null = null;

  constructor(
    private readonly url: string,
    private readonly scheduler: Scheduler,
    private readonly openSocket: SocketFactory,
  ) {
    this.connect();
  }

  dispose(): void {
    this.drop();
  }

  private connect(): void {
    this.drop();
    const socket = this.openSocket(this.url);
    this.socket = socket;
    this.heardAtMs = this.scheduler.now();
    this.watch();
    socket.onmessage = event => {
      this.heardAtMs = this.scheduler.now();
      this.hear(JSON.parse(String(event.data)) as WallServerMessage);
    };
    socket.onclose = event => {
      this.shut(event.code);
    };
  }

  private hear(message: WallServerMessage): void {
    switch (message.type) {
      case 'wall':
        this.attempt = 0;
        this.store.set({ wall: message, isUp: true, refusal: null });
        return;
      case 'wall_changed':
        this.store.update(state =>
          state.wall
            ? { ...state, wall: { ...state.wall, rows: merged(state.wall.rows, message.rows) } }
            : state,
        );
        return;
      case 'document_refused':
        this.store.update(state => ({ ...state, refusal: message.refusal }));
        return;
      case 'pong':
        return;
    }
  }

  private watch(): void {
    this.cancel = this.scheduler.after(PING_INTERVAL_MS, () => {
      if (this.scheduler.now() - this.heardAtMs > SILENCE_LIMIT_MS) {
        this.shut(CloseCode.SILENT);
        return;
      }
      if (this.socket?.readyState === 1) {
        this.socket.send(JSON.stringify({ type: 'ping', sentAtMs: this.scheduler.now() }));
      }
      this.watch();
    });
  }

  private shut(code: number): void {
    this.drop();
    this.store.update(state => ({ ...state, isUp: false }));
    if (code === CloseCode.REFUSED || code === CloseCode.LOGIN_REQUIRED) {
      return;
    }
    this.cancel = this.scheduler.after(retryDelayMs(this.attempt, this.scheduler.random()), () => {
      this.connect();
    });
    this.attempt += 1;
  }

  private drop(): void {
    this.cancel?.();
    this.cancel = null;
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }
}

/** Puts changed rows in their places and new ones at the end; an excerpt that is not told stays. */
export function merged(rows: readonly WallRow[], changed: readonly WallRow[]): readonly WallRow[] {
  const result = new Map(rows.map(row => [row.documentId, row]));
  for (const row of changed) {
    const before = result.get(row.documentId);
    result.set(row.documentId, { ...row, excerpt: row.excerpt ?? before?.excerpt ?? null });
  }
  return [...result.values()];
}

export interface Progress {
  done: number;
  errors: number;
  total: number;
}

export function progressOf(cells: string): Progress {
  const count = (letter: string): number => cells.split(letter).length - 1;
  return { done: count('+'), errors: count('!'), total: cells.length };
}
