import { describe, expect, it } from 'vitest';

import { entriesOf, namedNotebooks, pathPart, roomOfPath } from '../../src/lab/drive/directory';
import type { DocumentView } from '../../src/protocol/messages';

const view = (documentId: string, name: string, more: Partial<DocumentView> = {}): DocumentView => ({
  documentId,
  kind: 'notebook',
  name,
  rule: 'moderators_write',
  access: 'read',
  epoch: 'e',
  createdAt: '2026-11-23T08:00:00Z',
  changedAt: '2026-11-23T08:00:00Z',
  sizeBytes: 10,
  writerName: null,
  copy: null,
  annotates: null,
  ...more,
});

describe('paths of a room’s notebooks', () => {
  it('gives each notebook its name, and only notebooks', () => {
    const named = namedNotebooks(
      [view('a', 'Pandas.ipynb'), view('b', 'Sketch', { kind: 'board' }), view('c', 'Loops')],
      'Exercises',
    );
    expect(named.map(one => one.path)).toEqual(['Pandas.ipynb', 'Loops.ipynb']);
  });

  it('tells two notebooks of one name apart by their identifier, the older keeping its path', () => {
    const named = namedNotebooks([view('aaaaaaaa', 'x.ipynb'), view('bbbbbbbb', 'x.ipynb')], 'Exercises');
    expect(named.map(one => one.path)).toEqual(['x.ipynb', 'x (bbbbbb).ipynb']);
  });

  it('puts copies of an exercise in a folder of their owner', () => {
    const copy = {
      exerciseId: 'e1',
      state: 'working' as const,
      ownerName: 'Zoé/Dupont',
      isMine: false,
      deadline: null,
      hand: null,
    };
    const named = namedNotebooks([view('a', 'x.ipynb'), view('b', 'x.ipynb', { copy })], 'Exercices');
    expect(named.map(one => one.path)).toEqual(['x.ipynb', 'Exercices/Zoé-Dupont/x.ipynb']);
    expect(entriesOf(named, '').folders).toEqual(['Exercices']);
    expect(entriesOf(named, '').documents.map(one => one.document.documentId)).toEqual(['a']);
    expect(entriesOf(named, 'Exercices').folders).toEqual(['Zoé-Dupont']);
    expect(entriesOf(named, 'Exercices/Zoé-Dupont').documents).toHaveLength(1);
  });

  it.each([
    ['../../etc', '..-..-etc'],
    ['..', '_'],
    [' ', '_'],
    ['a:b\\c', 'a-b-c'],
  ])('makes %j one harmless part of a path', (name, part) => {
    expect(pathPart(name)).toBe(part);
  });

  it('finds the room at the beginning of a path', () => {
    expect(roomOfPath('python/Exercises/x.ipynb')).toEqual({ roomId: 'python', rest: 'Exercises/x.ipynb' });
    expect(roomOfPath('/python')).toEqual({ roomId: 'python', rest: '' });
    expect(roomOfPath('')).toBeNull();
  });
});
