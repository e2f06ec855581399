/**
 * A shared document that stays alive across refusals, promotions and restarts.
 *
 * Whenever the connection ends as `stale`, the document begins again with a
 * fresh `Y.Doc`; whoever shows it watches `store` and takes the new one.
 */
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

import { Emitter, Store } from '../client/observable';
import type { DocumentClientMessage } from '../protocol/messages';
import { browserScheduler, type Scheduler } from '../client/scheduler';
import type { SocketFactory } from '../client/signalling';

import { DocumentConnection, UNOPENED, type DocumentEvent, type DocumentState } from './connection';

export interface LiveSetup {
  url: string;
  scheduler?: Scheduler;
  openSocket?: SocketFactory;
}

export interface LiveState extends DocumentState {
  doc: Y.Doc;
  awareness: Awareness;
  /** What was written without a line came too late: one may no longer write, or it was restored. */
  isLost: boolean;
}

export class LiveDocument {
  readonly store: Store<LiveState>;
  readonly events = new Emitter<DocumentEvent>();
  private connection: DocumentConnection | null = null;
  private unwatch: () => void = () => undefined;
  private local: Record<string, unknown> | null = null;
  private isDisposed = false;

  constructor(private readonly setup: LiveSetup) {
    const doc = new Y.Doc();
    this.store = new Store<LiveState>({ ...UNOPENED, doc, awareness: new Awareness(doc), isLost: false });
    this.attach();
  }

  get doc(): Y.Doc {
    return this.store.get().doc;
  }

  get awareness(): Awareness {
    return this.store.get().awareness;
  }

  hurry(): void {
    this.connection?.hurry();
  }

  /** Says something beside the document; tells whether the line could take it. */
  tell(message: DocumentClientMessage): boolean {
    return this.connection?.tell(message) ?? false;
  }

  dispose(): void {
    this.isDisposed = true;
    this.detach();
    this.store.update(state => ({ ...state, line: { kind: 'closed' } }));
    this.discard();
  }

  private attach(): void {
    const { doc, awareness } = this.store.get();
    const connection = new DocumentConnection({
      url: this.setup.url,
      doc,
      awareness,
      scheduler: this.setup.scheduler ?? browserScheduler,
      openSocket: this.setup.openSocket ?? (url => new WebSocket(url)),
    });
    this.connection = connection;
    const unhear = connection.events.subscribe(event => {
      this.events.emit(event);
    });
    const unfollow = connection.store.subscribe(() => {
      const state = connection.store.get();
      if (state.line.kind === 'stale' && !this.isDisposed) {
        this.replace();
      } else {
        this.store.update(present => ({ ...present, ...state }));
      }
    });
    this.unwatch = () => {
      unhear();
      unfollow();
    };
  }

  private replace(): void {
    const { unsaved, isLost } = this.store.get();
    this.detach();
    this.local = this.awareness.getLocalState();
    this.discard();
    const doc = new Y.Doc();
    const awareness = new Awareness(doc);
    awareness.setLocalState(this.local ?? {});
    this.store.set({ ...UNOPENED, doc, awareness, isLost: isLost || unsaved > 0 });
    this.attach();
  }

  private detach(): void {
    this.unwatch();
    this.connection?.dispose();
    this.connection = null;
  }

  private discard(): void {
    this.awareness.destroy();
    this.doc.destroy();
  }
}
