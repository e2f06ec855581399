/** One cell of a notebook that this person may write in: to read, and to write when it is chosen. */
import { useEffect, useRef, useState } from 'react';
import type * as Y from 'yjs';

import { sourceOf, type NewCellType } from '../../../documents/notebookEdits';
import { useRoom } from '../../context';
import { IconButton } from '../../controls';

import { Cell, type CellProps } from './Cell';
import { SourceField } from './SourceField';

export interface CellEdits {
  doc: Y.Doc;
  /** The cell that is being written in. */
  edited: string | null;
  edit: (id: string | null) => void;
  add: (below: string, type: NewCellType) => void;
  remove: (id: string) => void;
}

export function EditableCell({ edits, ...props }: CellProps & { edits: CellEdits }) {
  const { words } = useRoom();
  const { cell, number, language } = props;
  const { doc, edited, edit, add, remove } = edits;
  const isEdited = edited === cell.id;
  const source = isEdited ? sourceOf(doc, cell.id) : null;
  const pencil = useRef<HTMLButtonElement>(null);
  const [returns, setReturns] = useState(false);
  useEffect(() => {
    if (returns && !isEdited) {
      setReturns(false);
      pencil.current?.focus();
    }
  }, [returns, isEdited]);
  const done = () => {
    setReturns(true);
    edit(null);
  };
  const tools = (
    <div className="wv-cell-tools" role="group" aria-label={words('notebook.cell', { count: number })}>
      <button
        type="button"
        ref={pencil}
        className="wv-icon-button wv-cell-edit"
        aria-pressed={isEdited}
        data-testid="cell-edit"
        onClick={() => {
          if (isEdited) {
            done();
          } else {
            edit(cell.id);
          }
        }}
      >
        {words(isEdited ? 'notebook.edit.done' : 'notebook.edit')}
        <span className="wv-hidden"> {words('notebook.cell', { count: number })}</span>
      </button>
      {isEdited && (
        <>
          <button
            type="button"
            className="wv-icon-button wv-cell-edit"
            data-testid="cell-add-code"
            onClick={() => {
              add(cell.id, 'code');
            }}
          >
            {words('notebook.edit.add_code')}
          </button>
          <button
            type="button"
            className="wv-icon-button wv-cell-edit"
            data-testid="cell-add-text"
            onClick={() => {
              add(cell.id, 'markdown');
            }}
          >
            {words('notebook.edit.add_text')}
          </button>
          <IconButton
            icon="close"
            label={words('notebook.edit.remove', { count: number })}
            data-testid="cell-remove"
            onClick={() => {
              remove(cell.id);
            }}
          />
        </>
      )}
    </div>
  );
  return (
    <Cell
      {...props}
      tools={tools}
      {...(source
        ? {
            field: (
              <SourceField
                source={source}
                language={cell.type === 'code' ? language : ''}
                label={words('notebook.cell', { count: number })}
                done={done}
              />
            ),
          }
        : {
            choose: () => {
              edit(cell.id);
            },
          })}
    />
  );
}
