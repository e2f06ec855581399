/**
 * Changes to a shared notebook without JupyterLab: find, add and remove cells.
 *
 * A new cell has what `@jupyter/ydoc` gives its own, so that JupyterLab's pages
 * that have the same notebook open show it at once.
 */
import * as Y from 'yjs';

/** Where a change of the order of cells came from: what an undo takes back. */
export const STRUCTURE = Symbol('structure of a notebook');

export type NewCellType = 'code' | 'markdown';

function cellsOf(doc: Y.Doc): Y.Array<Y.Map<unknown>> {
  return doc.getArray<Y.Map<unknown>>('cells');
}

function indexOf(doc: Y.Doc, id: string): number {
  return cellsOf(doc)
    .toArray()
    .findIndex(cell => cell.get('id') === id);
}

/** The text of a cell; null when it is gone. */
export function sourceOf(doc: Y.Doc, id: string): Y.Text | null {
  const source = cellsOf(doc)
    .toArray()
    .find(cell => cell.get('id') === id)
    ?.get('source');
  return source instanceof Y.Text ? source : null;
}

/** Adds an empty cell below another one (null: at the end); returns its identifier. */
export function addCell(doc: Y.Doc, below: string | null, type: NewCellType): string {
  const id = crypto.randomUUID();
  const at = below === null ? -1 : indexOf(doc, below);
  const cell = new Y.Map<unknown>();
  cell.set('id', id);
  cell.set('cell_type', type);
  cell.set('source', new Y.Text());
  cell.set('metadata', new Y.Map());
  if (type === 'code') {
    cell.set('outputs', new Y.Array());
    cell.set('execution_count', null);
    cell.set('execution_state', 'idle');
  }
  doc.transact(() => {
    cellsOf(doc).insert(at < 0 ? cellsOf(doc).length : at + 1, [cell]);
  }, STRUCTURE);
  return id;
}

/** Removes a cell; tells whether it was there. */
export function removeCell(doc: Y.Doc, id: string): boolean {
  const at = indexOf(doc, id);
  if (at >= 0) {
    doc.transact(() => {
      cellsOf(doc).delete(at);
    }, STRUCTURE);
  }
  return at >= 0;
}

/** Undoes this page's own adding and removing of cells. */
export function structureUndo(doc: Y.Doc): Y.UndoManager {
  return new Y.UndoManager(cellsOf(doc), { trackedOrigins: new Set([STRUCTURE]), captureTimeout: 0 });
}

/** Number of a cell as people count, from 1; null when it is gone. */
export function numberOf(doc: Y.Doc, id: string): number | null {
  const at = indexOf(doc, id);
  return at < 0 ? null : at + 1;
}

/** What stands before the next line of code: as far in as this one, a level further after a colon. */
export function indentationAfter(before: string): string {
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
  return /:\s*(#.*)?$/.test(line) ? `${indent}    ` : indent;
}
