import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';

import { BoardBinding, WRITE_INTERVAL_MS } from '../../src/board/binding';
import type { AppState, BoardApi, BoardElement, BoardFile } from '../../src/board/excalidraw';
import type { Scheduler } from '../../src/client/scheduler';

const WHITE = { viewBackgroundColor: '#ffffff' } as AppState;

/** Time that stands still until it is moved. */
class Clock implements Scheduler {
  private nowMs = 1000;
  private tasks: Array<{ atMs: number; task: () => void }> = [];

  now = () => this.nowMs;
  random = () => 0.5;
  after = (delayMs: number, task: () => void) => {
    const one = { atMs: this.nowMs + delayMs, task };
    this.tasks.push(one);
    return () => {
      this.tasks = this.tasks.filter(other => other !== one);
    };
  };

  advance(byMs: number): void {
    this.nowMs += byMs;
    const due = this.tasks.filter(one => one.atMs <= this.nowMs);
    this.tasks = this.tasks.filter(one => one.atMs > this.nowMs);
    due.forEach(one => {
      one.task();
    });
  }
}

function shape(id: string, version: number, versionNonce = 1, isDeleted = false): BoardElement {
  return { id, type: 'rectangle', version, versionNonce, isDeleted };
}

/** Excalidraw's rule: the later version, else the smaller nonce. */
function reconciled(local: ReadonlyArray<BoardElement>, remote: ReadonlyArray<BoardElement>) {
  const found = new Map(local.map(one => [one.id, one]));
  for (const one of remote) {
    const mine = found.get(one.id);
    if (
      !mine ||
      one.version > mine.version ||
      (one.version === mine.version && one.versionNonce < mine.versionNonce)
    ) {
      found.set(one.id, one);
    }
  }
  return [...found.values()];
}

class Peer {
  readonly doc = new Y.Doc();
  readonly clock = new Clock();
  elements: ReadonlyArray<BoardElement> = [];
  files: Record<string, BoardFile> = {};
  background = '';
  readonly binding: BoardBinding;

  constructor(mayWrite = true, page: number | null = null) {
    const api = {
      updateScene: scene => {
        this.elements = scene.elements ?? this.elements;
        this.background = scene.appState?.viewBackgroundColor ?? this.background;
      },
      addFiles: files => {
        files.forEach(file => {
          this.files[file.id] = file;
        });
      },
      getSceneElements: () => this.elements.filter(one => !one.isDeleted),
      getSceneElementsIncludingDeleted: () => this.elements,
      getAppState: () => WHITE,
      getFiles: () => this.files,
    } as Partial<BoardApi> as BoardApi;
    const rules = { restored: (all: ReadonlyArray<BoardElement>) => all, reconciled, notMine: 'never' };
    this.binding = new BoardBinding(this.doc, api, mayWrite, rules, this.clock, page);
  }

  draw(...elements: BoardElement[]): void {
    this.elements = reconciled(this.elements, elements);
    this.binding.changed(this.elements, WHITE);
  }
}

function connect(a: Peer, b: Peer): void {
  Y.applyUpdate(b.doc, Y.encodeStateAsUpdate(a.doc, Y.encodeStateVector(b.doc)), 'line');
  Y.applyUpdate(a.doc, Y.encodeStateAsUpdate(b.doc, Y.encodeStateVector(a.doc)), 'line');
}

function meet(a: Peer, b: Peer): void {
  for (let round = 0; round < 3; round += 1) {
    connect(a, b);
    [a, b].forEach(peer => {
      peer.clock.advance(WRITE_INTERVAL_MS);
    });
  }
}

describe('a board and its document', () => {
  it('brings what one draws to the other', () => {
    const [a, b] = [new Peer(), new Peer()];
    a.draw(shape('x', 1));
    meet(a, b);
    expect(b.elements).toEqual([shape('x', 1)]);
  });

  it('converges when two change the same shape apart, whatever the map kept', () => {
    for (const [first, second] of [
      [shape('x', 5, 9), shape('x', 4, 1)],
      [shape('x', 4, 1), shape('x', 5, 9)],
      [shape('x', 4, 2), shape('x', 4, 1)],
    ] as const) {
      const [a, b] = [new Peer(), new Peer()];
      a.draw(shape('x', 1));
      meet(a, b);
      a.draw(first);
      b.draw(second);
      meet(a, b);
      const winner = reconciled([first], [second])[0];
      expect(a.elements).toEqual([winner]);
      expect(b.elements).toEqual([winner]);
      expect(a.doc.getMap('elements').toJSON()).toEqual({ x: winner });
    }
  });

  it('sends a stroke at once, and then at most so often, and its end always', () => {
    const peer = new Peer();
    let updates = 0;
    peer.doc.on('update', () => {
      updates += 1;
    });
    for (let version = 1; version <= 50; version += 1) {
      peer.draw(shape('x', version));
    }
    expect(updates).toBe(1);
    peer.clock.advance(WRITE_INTERVAL_MS);
    expect(updates).toBe(2);
    expect(peer.doc.getMap('elements').get('x')).toEqual(shape('x', 50));
  });

  it('makes no operation for somebody who may only read', () => {
    const peer = new Peer(false);
    peer.draw(shape('x', 1));
    peer.clock.advance(WRITE_INTERVAL_MS);
    peer.binding.dispose();
    expect(Y.encodeStateAsUpdate(peer.doc)).toEqual(Y.encodeStateAsUpdate(new Y.Doc()));
  });

  it('deletes for everybody what a replaced scene left out', () => {
    const [a, b] = [new Peer(), new Peer()];
    a.draw(shape('x', 1), shape('y', 1));
    meet(a, b);
    a.elements = [shape('z', 1)];
    a.binding.changed(a.elements, WHITE);
    meet(a, b);
    expect(b.elements.filter(one => !one.isDeleted)).toEqual([shape('z', 1)]);
  });

  it('gives a picture along with the shape that shows it, once', () => {
    const [a, b] = [new Peer(), new Peer()];
    const file = { id: 'f', mimeType: 'image/png', dataURL: 'data:image/png;base64,AA==', created: 1 };
    a.files['f'] = file;
    a.draw({ ...shape('x', 1), type: 'image', fileId: 'f' });
    meet(a, b);
    expect(b.files).toEqual({ f: file });
  });

  it('shares the background', () => {
    const [a, b] = [new Peer(), new Peer()];
    a.binding.changed([], { ...WHITE, viewBackgroundColor: '#fff9db' });
    meet(a, b);
    expect(b.background).toBe('#fff9db');
  });
});

describe('a page of annotations', () => {
  it('has what was drawn on it alone, and marks what is drawn', () => {
    const [first, second] = [new Peer(true, 1), new Peer(true, 2)];
    first.draw(shape('x', 1));
    second.draw(shape('y', 1));
    meet(first, second);
    expect(first.elements.map(one => one.id)).toEqual(['x']);
    expect(second.elements.map(one => one.id)).toEqual(['y']);
    const again = new Peer(true, 1);
    meet(first, again);
    expect(again.elements.map(one => [one.id, one.customData?.page])).toEqual([['x', 1]]);
  });

  it('takes away nothing of another page when it is cleared', () => {
    const [first, second] = [new Peer(true, 1), new Peer(true, 2)];
    first.draw(shape('x', 1));
    second.draw(shape('y', 1));
    meet(first, second);
    second.elements = [];
    second.binding.changed([], WHITE);
    meet(first, second);
    expect(first.elements).toMatchObject([{ id: 'x', isDeleted: false }]);
  });

  it('gives what was copied from another page the number of this one', () => {
    const [first, second] = [new Peer(true, 1), new Peer(true, 2)];
    second.draw({ ...shape('copy', 1), customData: { page: 1 } });
    meet(first, second);
    expect(first.elements).toEqual([]);
  });

  it('leaves the colour of the board alone', () => {
    const peer = new Peer(true, 1);
    peer.binding.changed([], { ...WHITE, viewBackgroundColor: 'transparent' });
    expect(peer.doc.getMap('state').size).toBe(0);
  });
});
