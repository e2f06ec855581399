import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';

import { NotebookReader } from '../../src/documents/notebook';
import {
  addCell,
  indentationAfter,
  numberOf,
  removeCell,
  sourceOf,
  structureUndo,
} from '../../src/documents/notebookEdits';

function notebook(): Y.Doc {
  const doc = new Y.Doc();
  addCell(doc, null, 'markdown');
  addCell(doc, null, 'code');
  return doc;
}

const cellsOf = (doc: Y.Doc) => new NotebookReader(doc).store.get().cells;

describe('a cell', () => {
  it('is added below the one that was named, empty and ready to be run in JupyterLab', () => {
    const doc = notebook();
    const first = cellsOf(doc)[0]?.id ?? '';

    const id = addCell(doc, first, 'code');

    expect(numberOf(doc, id)).toBe(2);
    expect(doc.getArray<Y.Map<unknown>>('cells').get(1).toJSON()).toEqual({
      id,
      cell_type: 'code',
      source: '',
      metadata: {},
      outputs: [],
      execution_count: null,
      execution_state: 'idle',
    });
  });

  it('that was removed comes back where it was, with what others wrote elsewhere meanwhile', () => {
    const doc = notebook();
    const [first, second] = cellsOf(doc).map(cell => cell.id);
    sourceOf(doc, first ?? '')?.insert(0, '# Titre');
    const undos = structureUndo(doc);

    expect(removeCell(doc, first ?? '')).toBe(true);
    sourceOf(doc, second ?? '')?.insert(0, 'x = 1');
    undos.undo();

    expect(cellsOf(doc).map(cell => cell.source)).toEqual(['# Titre', 'x = 1']);
    expect(removeCell(doc, 'gone')).toBe(false);
  });
});

describe('the next line', () => {
  it.each([
    ['x = 1', ''],
    ['    x = 1', '    '],
    ['for i in range(3):', '    '],
    ['  if x:  # really', '      '],
    ['a\n    b', '    '],
  ])('after %j begins with %j', (before, expected) => {
    expect(indentationAfter(before)).toBe(expected);
  });
});
