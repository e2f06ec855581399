/**
 * One shared document over one WebSocket: Yjs sync, awareness, and what the service says about it.
 *
 * The browser says nothing before the service has said who it is and what it
 * may do. A connection lives as long as both stay the same: when the right to
 * write changes, or the document was replaced (another `epoch`), it ends as
 * `stale`, and its owner begins again with a fresh `Y.Doc`, because operations
 * that the service dropped would leak in later (docs/architecture.md,
 * "Shared documents").
 *
 * Invariant: nothing of a reader's document ever leaves the browser.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { Awareness } from 'y-protocols/awareness';
import { applyAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness';
import * as sync from 'y-protocols/sync';
import type * as Y from 'yjs';

import { retryDelayMs } from '../client/backoff';
import { Emitter, Store } from '../client/observable';
import type { Cancel, Scheduler } from '../client/scheduler';
import {
  OPENING_LIMIT_MS,
  PING_INTERVAL_MS,
  SILENCE_LIMIT_MS,
  type SocketFactory,
} from '../client/signalling';
import {
  CloseCode,
  type Collaborator,
  type DocumentAccess,
  type DocumentClientMessage,
  type DocumentServerMessage,
  type HandChanged,
  type RefusalCode,
  type RefusalView,
  type RunRequested,
} from '../protocol/messages';

import { AWARENESS, awarenessFrame, bytesOf, frameOf, readBytes, SYNC } from './wire';

export type DocumentLine =
  | { kind: 'opening' }
  /** `isSynced` once the whole document is here. */
  | { kind: 'open'; isSynced: boolean }
  | { kind: 'down'; attempt: number; retryAtMs: number }
  /** Over: the right to write or the document itself is another one now. */
  | { kind: 'stale' }
  | { kind: 'refused'; refusal: RefusalView }
  | { kind: 'login_required' }
  | { kind: 'closed' };

export interface DocumentState {
  line: DocumentLine;
  /** Null before the service has spoken for the first time. */
  access: DocumentAccess | null;
  epoch: string | null;
  me: Collaborator | null;
  /** Own changes that the service has not yet written down. */
  unsaved: number;
  /** The last change that the service would not take, until the next one is saved. */
  dropped: RefusalView | null;
}

/** What the service tells about this document once, and nobody needs to know later. */
export type DocumentEvent = HandChanged | RunRequested;

export const UNOPENED: DocumentState = {
  line: { kind: 'opening' },
  access: null,
  epoch: null,
  me: null,
  unsaved: 0,
  dropped: null,
};

/**
 * A guest who is not in the room: after a long sleep the document's line is back
 * before the room's, and what was written meanwhile must not be given up for it.
 */
const NOT_INSIDE: RefusalCode = 'not_admitted';

export interface ConnectionSetup {
  url: string;
  doc: Y.Doc;
  awareness: Awareness;
  scheduler: Scheduler;
  openSocket: SocketFactory;
}

export class DocumentConnection {
  readonly store = new Store<DocumentState>(UNOPENED);
  readonly events = new Emitter<DocumentEvent>();
  private socket: WebSocket | null = null;
  private attempt = 0;
  private sent = 0;
  private cancelOpening: Cancel | null = null;
  private cancelRetry: Cancel | null = null;
  private cancelWatch: Cancel | null = null;
  private heardAtMs = 0;

  constructor(private readonly setup: ConnectionSetup) {
    setup.doc.on('update', this.onUpdate);
    setup.awareness.on('update', this.onAwareness);
    this.connect();
  }

  /** The network is back, or the page is looked at again: do not wait any longer. */
  hurry(): void {
    if (this.cancelRetry) {
      this.connect();
    }
  }

  /** Ends the connection for good; the document stays as it is. */
  dispose(): void {
    this.end({ kind: 'closed' });
  }

  private get isOver(): boolean {
    const { kind } = this.store.get().line;
    return kind === 'stale' || kind === 'refused' || kind === 'login_required' || kind === 'closed';
  }

  private connect(): void {
    this.drop();
    const { scheduler, openSocket, url } = this.setup;
    const socket = openSocket(url);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.cancelOpening = scheduler.after(OPENING_LIMIT_MS, () => {
      this.broken();
    });
    socket.onmessage = event => {
      this.heardAtMs = scheduler.now();
      if (typeof event.data === 'string') {
        this.hear(JSON.parse(event.data) as DocumentServerMessage);
      } else {
        this.read(new Uint8Array(event.data as ArrayBuffer));
      }
    };
    socket.onclose = event => {
      this.shut(event.code);
    };
  }

  private hear(message: DocumentServerMessage): void {
    switch (message.type) {
      case 'document_opened': {
        const { access, epoch, unsaved } = this.store.get();
        if (access !== null && (access !== message.access || epoch !== message.epoch)) {
          this.end({ kind: 'stale' });
          return;
        }
        this.cancelOpening?.();
        this.cancelOpening = null;
        this.attempt = 0;
        this.sent = 0;
        this.store.set({
          line: { kind: 'open', isSynced: false },
          access: message.access,
          epoch: message.epoch,
          me: message.participant,
          // What was written meanwhile goes along as one change, the answer to the service's first step.
          unsaved: unsaved > 0 && message.access === 'write' ? 1 : 0,
          dropped: null,
        });
        this.begin(message.epoch);
        return;
      }
      case 'access_changed':
      case 'document_stale':
        this.end({ kind: 'stale' });
        return;
      case 'document_refused':
        // Followed by a close when the document itself is shut.
        this.store.update(state => ({ ...state, dropped: message.refusal }));
        return;
      case 'saved':
        this.store.update(state => ({ ...state, unsaved: Math.max(0, this.sent - message.upTo) }));
        return;
      case 'hand_changed':
      case 'run_requested':
        this.events.emit(message);
        return;
      case 'pong':
        return;
    }
  }

  private begin(epoch: string): void {
    const { doc } = this.setup;
    if (this.mayWrite) {
      this.tell({ type: 'begin', epoch, clientId: doc.clientID });
    }
    this.say(encoder => {
      sync.writeSyncStep1(encoder, doc);
    });
    this.sayAwareness();
    this.watch();
  }

  private read(frame: Uint8Array): void {
    const { doc, awareness } = this.setup;
    const decoder = decoding.createDecoder(frame);
    const type = decoding.readVarUint(decoder);
    if (type === AWARENESS) {
      applyAwarenessUpdate(awareness, readBytes(decoder), this);
      return;
    }
    if (type !== SYNC) {
      return;
    }
    const answer = encoding.createEncoder();
    encoding.writeVarUint(answer, SYNC);
    const step = sync.readSyncMessage(decoder, answer, doc, this);
    if (step === sync.messageYjsSyncStep1) {
      if (this.mayWrite && this.send(bytesOf(answer))) {
        this.sent += 1;
      }
    } else if (step === sync.messageYjsSyncStep2) {
      this.store.update(state =>
        state.line.kind === 'open' ? { ...state, line: { kind: 'open', isSynced: true } } : state,
      );
    }
  }

  private get mayWrite(): boolean {
    return this.store.get().access === 'write';
  }

  private readonly onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this && this.mayWrite) {
      const isSent = this.say(encoder => {
        sync.writeUpdate(encoder, update);
      });
      if (isSent) {
        this.sent += 1;
      }
      this.store.update(state => ({ ...state, unsaved: state.unsaved + 1 }));
    }
  };

  private readonly onAwareness = (
    changes: Record<'added' | 'updated' | 'removed', number[]>,
    origin: unknown,
  ): void => {
    const own = this.setup.doc.clientID;
    if (origin !== this && Object.values(changes).some(clients => clients.includes(own))) {
      this.sayAwareness();
    }
  };

  private sayAwareness(): void {
    const { awareness, doc } = this.setup;
    if (awareness.meta.has(doc.clientID)) {
      this.send(awarenessFrame(awareness, [doc.clientID]));
    }
  }

  /** Pings, so that a line that died in silence is found out. */
  private watch(): void {
    const { scheduler } = this.setup;
    this.cancelWatch = scheduler.after(PING_INTERVAL_MS, () => {
      if (scheduler.now() - this.heardAtMs > SILENCE_LIMIT_MS) {
        this.broken();
        return;
      }
      this.tell({ type: 'ping', sentAtMs: scheduler.now() });
      this.watch();
    });
  }

  /** Says something beside the document; tells whether the line could take it. */
  tell(message: DocumentClientMessage): boolean {
    if (this.socket?.readyState !== 1) {
      return false;
    }
    this.socket.send(JSON.stringify(message));
    return true;
  }

  private say(write: (encoder: encoding.Encoder) => void): boolean {
    return this.send(frameOf(SYNC, write));
  }

  private send(frame: Uint8Array): boolean {
    if (this.socket?.readyState !== 1 || this.store.get().line.kind !== 'open') {
      return false;
    }
    this.socket.send(frame);
    return true;
  }

  private shut(code: number): void {
    const { dropped } = this.store.get();
    if (code === CloseCode.LOGIN_REQUIRED) {
      this.end({ kind: 'login_required' });
    } else if (
      code === CloseCode.ACCESS_CHANGED ||
      code === CloseCode.STALE ||
      code === CloseCode.TOO_LARGE // what it holds is more than the service takes: it would be cut again
    ) {
      this.end({ kind: 'stale' });
    } else if (code === CloseCode.REFUSED && dropped && dropped.code !== NOT_INSIDE) {
      this.end({ kind: 'refused', refusal: dropped });
    } else {
      this.broken();
    }
  }

  private broken(): void {
    this.drop();
    const { scheduler, awareness, doc } = this.setup;
    const others = [...awareness.getStates().keys()].filter(client => client !== doc.clientID);
    removeAwarenessStates(awareness, others, this);
    const delay = retryDelayMs(this.attempt, scheduler.random());
    this.attempt += 1;
    this.cancelRetry = scheduler.after(delay, () => {
      this.connect();
    });
    this.store.update(state => ({
      ...state,
      line: { kind: 'down', attempt: this.attempt, retryAtMs: scheduler.now() + delay },
    }));
  }

  private end(line: DocumentLine): void {
    if (this.isOver) {
      return;
    }
    this.setup.doc.off('update', this.onUpdate);
    this.setup.awareness.off('update', this.onAwareness);
    this.drop();
    this.store.update(state => ({ ...state, line }));
  }

  private drop(): void {
    this.cancelOpening?.();
    this.cancelRetry?.();
    this.cancelWatch?.();
    this.cancelOpening = this.cancelRetry = this.cancelWatch = null;
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }
}
