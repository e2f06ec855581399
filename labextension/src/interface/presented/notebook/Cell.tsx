/** One cell of a notebook, to read; `EditableCell` puts a field in the place of its text. */
import { memo, useMemo, type ReactNode } from 'react';

import type { NotebookPointer } from '../../../documents/following';
import type { CellView } from '../../../documents/notebook';
import { useRoom } from '../../context';

import { highlight } from './highlight';
import { Markdown } from './Markdown';
import { Outputs } from './Outputs';

export interface CellProps {
  cell: CellView;
  number: number;
  language: string;
  /** The trainer is in this cell. */
  isLed: boolean;
  pointer: NotebookPointer | null;
  pointerColor: string;
  /** What stands in the place of the text while it is written in. */
  field?: ReactNode;
  /** Buttons for whoever may write. */
  tools?: ReactNode;
  /** The text was clicked twice: it is to be written in. */
  choose?: () => void;
}

export const Cell = memo(function Cell({
  cell,
  number,
  language,
  isLed,
  pointer,
  pointerColor,
  field,
  tools,
  choose,
}: CellProps) {
  const { words } = useRoom();
  const label = words('notebook.cell', { count: number });
  return (
    <li
      className={`wv-cell wv-cell-${cell.type} ${isLed ? 'wv-cell-led' : ''}`}
      data-testid="cell"
      data-cell={cell.id}
      data-led={isLed}
      onDoubleClick={choose}
    >
      {tools}
      {cell.type === 'markdown' ? (
        (field ?? <Markdown source={cell.source} attachments={cell.attachments} />)
      ) : (
        <div className="wv-code">
          {cell.type === 'code' && (
            <span className="wv-prompt">
              <span aria-hidden="true">[{cell.isRunning ? '*' : (cell.executionCount ?? ' ')}]</span>
              {cell.isRunning && <span className="wv-hidden">{words('notebook.running')}</span>}
            </span>
          )}
          {field ?? (
            <Code source={cell.source} language={cell.type === 'code' ? language : ''} label={label} />
          )}
        </div>
      )}
      {cell.outputs.length > 0 && (
        <Outputs outputs={cell.outputs} label={words('notebook.output', { count: number })} />
      )}
      {pointer && (
        <span
          className="wv-pointer"
          aria-hidden="true"
          data-testid="pointer"
          style={{ left: `${pointer.x * 100}%`, top: `${pointer.y * 100}%`, backgroundColor: pointerColor }}
        />
      )}
    </li>
  );
});

function Code({ source, language, label }: { source: string; language: string; label: string }) {
  const pieces = useMemo(() => highlight(source, language), [source, language]);
  return (
    // Long lines scroll in the cell, by keyboard too.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre className="wv-source" tabIndex={0} role="group" aria-label={label}>
      <code>
        {pieces.map((piece, index) =>
          piece.classes === '' ? (
            piece.text
          ) : (
            <span key={index} className={piece.classes}>
              {piece.text}
            </span>
          ),
        )}
      </code>
    </pre>
  );
}
