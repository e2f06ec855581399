/**
 * The room's WebSocket: opens it, says Hello, keeps it alive and comes back.
 *
 * Invariant: at most one socket at a time, and a socket that was given up is
 * never listened to again. What the messages mean is not known here.
 */
import { CloseCode, PROTOCOL_VERSION, type ClientMessage, type ServerMessage } from '../protocol/messages';

import { retryDelayMs } from './backoff';
import type { Cancel, Scheduler } from './scheduler';

/** Below the service's own patience (`CloseCode.SILENT`). */
export const PING_INTERVAL_MS = 5000;
/** Nothing heard for so long: the line is dead although the socket says nothing. */
export const SILENCE_LIMIT_MS = 12_000;
/** A socket that does not open by then is given up. */
export const OPENING_LIMIT_MS = 10_000;

export type SocketFactory = (url: string) => WebSocket;

/** Why the line will not come back by itself. */
export type FinalClose = 'login_required' | 'refused' | 'superseded' | 'ended' | 'malformed';

export interface SignallingListener {
  /** A message of the service. */
  received(message: ServerMessage): void;
  /** The line broke; the next attempt is at `retryAtMs` (milliseconds since the epoch). */
  lost(attempt: number, retryAtMs: number): void;
  /** The service shut the line for good; it told the reason in a message before. */
  closed(reason: FinalClose): void;
  /** A Pong came back after so many milliseconds. */
  roundTrip(milliseconds: number): void;
}

export interface SignallingSetup {
  url: string;
  tabId: string;
  locale: () => 'en' | 'fr';
  scheduler: Scheduler;
  openSocket: SocketFactory;
  listener: SignallingListener;
}

/** After these the browser must not come back by itself. */
const FINAL: Partial<Record<number, FinalClose>> = {
  [CloseCode.MALFORMED]: 'malformed',
  [CloseCode.LOGIN_REQUIRED]: 'login_required',
  [CloseCode.REFUSED]: 'refused',
  [CloseCode.SUPERSEDED]: 'superseded',
  [CloseCode.ENDED]: 'ended',
};

export class Signalling {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private resume: string | null = null;
  private heardAtMs = 0;
  private timers: Cancel[] = [];
  private cancelRetry: Cancel | null = null;

  constructor(private readonly setup: SignallingSetup) {}

  /** Opens the line, or tries at once when it waits for its next attempt. */
  connect(): void {
    this.drop();
    const { scheduler } = this.setup;
    const socket = this.setup.openSocket(this.setup.url);
    this.socket = socket;
    this.heardAtMs = scheduler.now();
    this.timers.push(
      scheduler.after(OPENING_LIMIT_MS, () => {
        if (socket.readyState !== 1) {
          this.broken();
        }
      }),
    );
    socket.onopen = () => {
      this.send({
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        locale: this.setup.locale(),
        tabId: this.setup.tabId,
        resume: this.resume,
      });
      this.watch();
    };
    socket.onmessage = event => {
      this.heard(event);
    };
    socket.onclose = event => {
      this.shut(event.code);
    };
  }

  /** Sends now; tells whether the line could take it. */
  send(message: ClientMessage): boolean {
    if (this.socket?.readyState !== 1) {
      return false;
    }
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Gives the line up without a way back. */
  close(): void {
    this.drop();
    this.resume = null;
    this.attempt = 0;
  }

  /** The network says it is back, or the page is looked at again: do not wait any longer. */
  hurry(): void {
    if (this.cancelRetry) {
      this.connect();
    }
  }

  private heard(event: MessageEvent): void {
    this.heardAtMs = this.setup.scheduler.now();
    const message = JSON.parse(String(event.data)) as ServerMessage;
    if (message.type === 'pong') {
      this.setup.listener.roundTrip(Math.max(0, this.heardAtMs - message.sentAtMs));
      return;
    }
    if (message.type === 'welcome' || message.type === 'waiting') {
      this.resume = message.resume;
      this.attempt = 0;
    }
    this.setup.listener.received(message);
  }

  private watch(): void {
    const { scheduler } = this.setup;
    this.timers.push(
      scheduler.after(PING_INTERVAL_MS, () => {
        if (scheduler.now() - this.heardAtMs > SILENCE_LIMIT_MS) {
          this.broken();
          return;
        }
        this.send({ type: 'ping', sentAtMs: scheduler.now() });
        this.watch();
      }),
    );
  }

  private shut(code: number): void {
    const final = FINAL[code];
    if (final) {
      this.close();
      this.setup.listener.closed(final);
    } else {
      this.broken();
    }
  }

  private broken(): void {
    this.drop();
    const { scheduler, listener } = this.setup;
    const delay = retryDelayMs(this.attempt, scheduler.random());
    this.attempt += 1;
    this.cancelRetry = scheduler.after(delay, () => {
      this.connect();
    });
    listener.lost(this.attempt, scheduler.now() + delay);
  }

  private drop(): void {
    this.cancelRetry?.();
    this.cancelRetry = null;
    for (const cancel of this.timers) {
      cancel();
    }
    this.timers = [];
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }
}
