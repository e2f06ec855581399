import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import { applyAwarenessUpdate, Awareness } from 'y-protocols/awareness';
import * as sync from 'y-protocols/sync';
import * as Y from 'yjs';

import { LiveDocument } from '../../src/documents';
import { awarenessFrame, bytesOf, frameOf, readBytes, SYNC } from '../../src/documents/wire';
import {
  CloseCode,
  type DocumentAccess,
  type DocumentClientMessage,
  type DocumentServerMessage,
} from '../../src/protocol/messages';
import { ManualScheduler } from '../client/fakes';

/** The service's side of one socket, over a document that all sockets of a test share. */
class ServiceSocket {
  readyState = 1;
  binaryType = '';
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly said: DocumentClientMessage[] = [];
  readonly frames: Uint8Array[] = [];

  constructor(private readonly truth: Y.Doc) {}

  send(data: string | Uint8Array): void {
    if (typeof data === 'string') {
      this.said.push(JSON.parse(data) as DocumentClientMessage);
      return;
    }
    this.frames.push(data);
    const decoder = decoding.createDecoder(data);
    if (decoding.readVarUint(decoder) === 0) {
      const answer = encoding.createEncoder();
      encoding.writeVarUint(answer, 0);
      sync.readSyncMessage(decoder, answer, this.truth, this);
      if (encoding.length(answer) > 1) {
        this.frame(bytesOf(answer));
      }
    }
  }

  say(message: DocumentServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  frame(bytes: Uint8Array): void {
    this.onmessage?.({ data: bytes.slice().buffer });
  }

  open(access: DocumentAccess, epoch = 'e1'): void {
    this.say({
      type: 'document_opened',
      documentId: 'd1',
      access,
      epoch,
      participant: { username: 'ines', name: 'Inès', initials: 'I', color: '#123456', isModerator: false },
      maxUpdateBytes: 1000,
    });
    this.frame(
      frameOf(SYNC, encoder => {
        sync.writeSyncStep1(encoder, this.truth);
      }),
    );
  }

  /** How many frames of this socket could change the document. */
  get writes(): number {
    return this.frames.filter(frame => frame[0] === 0 && frame[1] !== 0).length;
  }

  drop(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  close(): void {
    this.readyState = 3;
  }
}

function service() {
  const truth = new Y.Doc();
  const scheduler = new ManualScheduler();
  const sockets: ServiceSocket[] = [];
  const live = new LiveDocument({
    url: 'ws://rooms/documents/r/d',
    scheduler,
    openSocket: () => {
      const socket = new ServiceSocket(truth);
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  });
  const last = (): ServiceSocket => {
    const socket = sockets.at(-1);
    if (!socket) {
      throw new Error('no socket was opened');
    }
    return socket;
  };
  return { truth, scheduler, sockets, live, last };
}

const text = (doc: Y.Doc): Y.Text => doc.getText('source');

describe('a shared document', () => {
  it('says nothing before the service has told who it is', () => {
    const { last } = service();
    expect(last().frames).toHaveLength(0);
    expect(last().said).toHaveLength(0);
  });

  it('brings the whole document and names its epoch before writing', () => {
    const { truth, live, last } = service();
    text(truth).insert(0, 'hello');

    last().open('write');

    expect(text(live.doc).toJSON()).toBe('hello');
    expect(live.store.get().line).toEqual({ kind: 'open', isSynced: true });
    expect(last().said[0]).toEqual({ type: 'begin', epoch: 'e1', clientId: live.doc.clientID });
  });

  it('counts what is not on the disk yet', () => {
    const { live, last, truth } = service();
    last().open('write');
    text(live.doc).insert(0, 'x');
    expect(text(truth).toJSON()).toBe('x');
    expect(live.store.get().unsaved).toBe(1);

    last().say({ type: 'saved', upTo: last().writes });

    expect(live.store.get().unsaved).toBe(0);
  });

  it("sends nothing of a reader's document, not even when the service asks", () => {
    const { live, last } = service();
    last().open('read');
    text(live.doc).insert(0, 'forbidden');

    expect(last().writes).toBe(0);
    expect(last().said.some(message => message.type === 'begin')).toBe(false);
  });

  it('begins with an empty document when a reader may write: what was forbidden never leaks in', () => {
    const { truth, live, last, sockets } = service();
    last().open('read');
    const before = live.doc;
    text(live.doc).insert(0, 'forbidden');

    last().say({ type: 'access_changed', access: 'write' });
    last().open('write');
    text(live.doc).insert(0, 'allowed');

    expect(sockets).toHaveLength(2);
    expect(live.doc).not.toBe(before);
    expect(text(truth).toJSON()).toBe('allowed');
  });

  it('merges what was written while the line was down, each once', () => {
    const { truth, live, last, scheduler } = service();
    last().open('write');
    text(live.doc).insert(0, 'a');
    last().drop(1006);
    text(live.doc).insert(1, 'b');
    text(truth).insert(0, '0');

    scheduler.advance(1000);
    last().open('write');

    expect(text(truth).toJSON()).toBe(text(live.doc).toJSON());
    expect(text(truth).toJSON()).toMatch(/^(0ab|ab0|a0b)$/);
  });

  it('takes a restored document as it is, without its own old one', () => {
    const { truth, live, last, scheduler } = service();
    last().open('write');
    text(live.doc).insert(0, 'old');
    last().drop(1006);
    text(truth).delete(0, 3);
    text(truth).insert(0, 'restored');

    scheduler.advance(1000);
    last().open('write', 'e2');
    last().open('write', 'e2');

    expect(text(live.doc).toJSON()).toBe('restored');
    expect(text(truth).toJSON()).toBe('restored');
  });

  it('stays away once the document is shut', () => {
    const { live, last, sockets, scheduler } = service();
    last().open('read');
    const refusal = {
      code: 'document_unknown',
      title: 'Unknown',
      message: 'No such document.',
      remedy: '',
      clause: null,
      clauseText: null,
      reference: null,
    };
    last().say({ type: 'document_refused', refusal });
    last().drop(CloseCode.REFUSED);

    scheduler.advance(60_000);

    expect(sockets).toHaveLength(1);
    expect(live.store.get().line).toEqual({ kind: 'refused', refusal });
  });

  it('waits with what was written for a guest who is not back in the room yet', () => {
    const { live, last, sockets, scheduler } = service();
    last().open('write');
    text(live.doc).insert(0, 'asleep');
    const refusal = {
      code: 'not_admitted',
      title: 'Not admitted',
      message: 'Not in the room.',
      remedy: '',
      clause: null,
      clauseText: null,
      reference: null,
    };
    last().say({ type: 'document_refused', refusal });
    last().drop(CloseCode.REFUSED);

    scheduler.advance(30_000);

    expect(sockets.length).toBeGreaterThan(1);
    expect(live.store.get().line.kind).not.toBe('refused');
    expect(text(live.doc).toJSON()).toBe('asleep');
  });

  it('finds out that a silent line is dead', () => {
    const { live, last, scheduler, sockets } = service();
    last().open('write');

    scheduler.advance(30_000);

    expect(live.store.get().line.kind).not.toBe('open');
    expect(sockets.length).toBeGreaterThan(1);
  });

  it('shows who else is there, and nobody while the line is down', () => {
    const { live, last } = service();
    last().open('read');
    const other = new Awareness(new Y.Doc());
    other.setLocalState({ user: { name: 'Claire' } });
    last().frame(awarenessFrame(other, [other.clientID]));
    expect(live.awareness.getStates().get(other.clientID)).toEqual({ user: { name: 'Claire' } });

    last().drop(1006);

    expect(live.awareness.getStates().has(other.clientID)).toBe(false);
    other.destroy();
  });

  it('keeps where one stands over a fresh document', () => {
    const { live, last } = service();
    last().open('read');
    live.awareness.setLocalStateField('position', { cell: 'c1' });
    last().say({ type: 'access_changed', access: 'write' });
    last().open('write');

    const heard = new Awareness(new Y.Doc());
    const frame = last().frames.findLast(one => one[0] === 1) ?? new Uint8Array();
    const decoder = decoding.createDecoder(frame);
    decoding.readVarUint(decoder);
    applyAwarenessUpdate(heard, readBytes(decoder), null);
    expect(heard.getStates().get(live.doc.clientID)).toEqual({ position: { cell: 'c1' } });
    heard.destroy();
    live.dispose();
  });
});
