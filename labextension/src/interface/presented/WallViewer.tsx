/**
 * The trainer's wall: who is where (a map of trainees by cells), and what each
 * is working on, live. A click opens that trainee's notebook.
 */
import { useEffect, useMemo, useState } from 'react';

import { browserScheduler } from '../../client/scheduler';
import { Store } from '../../client/observable';
import { progressOf, WallFeed, type WallState } from '../../documents/wall';
import type { CellProgress, WallRow } from '../../protocol/messages';
import { useRoom, useStore } from '../context';
import { useDocuments } from '../documents';
import { Icon } from '../icons';

import { highlight } from './notebook/highlight';
import type { ViewerProps } from './registry';

const NOTHING = new Store<WallState>({ wall: null, isUp: false, refusal: null });
/** Letters of `WallRow.cells`; any other is shown as not run. */
const LETTERS: ReadonlySet<string> = new Set<CellProgress>(['-', '*', '+', '!']);

export default function WallViewer({ subject, look }: ViewerProps) {
  const { words } = useRoom();
  const { api, list } = useDocuments();
  const exerciseId = subject.kind === 'wall' ? subject.exerciseId : '';
  const feed = useWall(useMemo(() => api.wallUrl(exerciseId), [api, exerciseId]));
  const { wall, refusal } = useStore(feed?.store ?? NOTHING);
  const open = (row: WallRow) => {
    const document = list?.documents.find(one => one.documentId === row.documentId);
    if (document) {
      look({ kind: 'notebook', document });
    }
  };
  if (refusal) {
    return (
      <p className="wv-empty" role="alert">
        {refusal.message}
      </p>
    );
  }
  if (!wall) {
    return (
      <p className="wv-empty" role="status">
        {words('wall.opening')}
      </p>
    );
  }
  if (wall.rows.length === 0) {
    return <p className="wv-empty">{words('wall.empty')}</p>;
  }
  return (
    // A region that scrolls must be reached by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="wv-wall" data-testid="wall" tabIndex={0} role="group" aria-label={words('wall.title')}>
      <HeatMap rows={wall.rows} cells={wall.cellIds.length} open={open} />
      <ul className="wv-miniatures">
        {wall.rows.map(row => (
          <Miniature key={row.documentId} row={row} open={open} />
        ))}
      </ul>
    </div>
  );
}

function useWall(url: string): WallFeed | null {
  const [feed, setFeed] = useState<WallFeed | null>(null);
  useEffect(() => {
    const opened = new WallFeed(url, browserScheduler, address => new WebSocket(address));
    setFeed(opened);
    return () => {
      opened.dispose();
      setFeed(null);
    };
  }, [url]);
  return feed;
}

interface RowsProps {
  rows: ReadonlyArray<WallRow>;
  cells: number;
  open: (row: WallRow) => void;
}

function HeatMap({ rows, cells, open }: RowsProps) {
  const { words } = useRoom();
  const numbers = Array.from(
    { length: Math.max(cells, ...rows.map(row => row.cells.length)) },
    (_, at) => at,
  );
  return (
    <div className="wv-heat-box">
      <table className="wv-heat" data-testid="heat-map">
        <caption>{words('wall.heat')}</caption>
        <thead>
          <tr>
            <th scope="col">{words('wall.trainee')}</th>
            {numbers.map(number => (
              <th key={number} scope="col">
                {number + 1}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.documentId} data-testid="heat-row" data-cells={row.cells}>
              <th scope="row">
                <button
                  type="button"
                  className="wv-text-button"
                  onClick={() => {
                    open(row);
                  }}
                >
                  {row.ownerName}
                </button>
                {row.hasHand && <Icon name="hand" />}
                {!row.isPresent && <span className="wv-field-hint"> {words('wall.away')}</span>}
              </th>
              {numbers.map(number => (
                <HeatCell key={number} number={number} letter={row.cells[number]} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const MARKS: Record<CellProgress, string> = { '-': '', '*': '…', '+': '✓', '!': '!' };

/** Colour and a sign: state is never shown by colour alone. */
function HeatCell({ number, letter }: { number: number; letter: string | undefined }) {
  const { words } = useRoom();
  const state: CellProgress = letter !== undefined && LETTERS.has(letter) ? (letter as CellProgress) : '-';
  const label = words('wall.cell', { count: number + 1, state: words(`wall.cell.${state}`) });
  return (
    <td className={`wv-heat-cell wv-heat-${NAMES[state]}`} title={label} data-state={NAMES[state]}>
      <span aria-hidden="true">{MARKS[state]}</span>
      <span className="wv-hidden">{words(`wall.cell.${state}`)}</span>
    </td>
  );
}

const NAMES: Record<CellProgress, 'none' | 'running' | 'ok' | 'error'> = {
  '-': 'none',
  '*': 'running',
  '+': 'ok',
  '!': 'error',
};

function Miniature({ row, open }: { row: WallRow; open: (row: WallRow) => void }) {
  const { words } = useRoom();
  const { done, errors, total } = progressOf(row.cells);
  const source = row.excerpt?.source ?? '';
  const pieces = useMemo(() => highlight(source, 'python'), [source]);
  return (
    <li>
      <button
        type="button"
        className={`wv-miniature ${errors > 0 ? 'wv-miniature-error' : ''}`}
        title={words('wall.look', { name: row.ownerName })}
        data-testid="miniature"
        data-owner={row.ownerName}
        data-hand={row.hasHand}
        onClick={() => {
          open(row);
        }}
      >
        <span className="wv-miniature-head">
          <strong>{row.ownerName}</strong>
          {row.hasHand && <Icon name="hand" />}
          <span aria-hidden="true">
            {done}/{total}
            {errors > 0 && ` · ${words('wall.errors', { count: errors })}`}
          </span>
          <span className="wv-hidden">
            , {words('wall.progress', { done, total })}
            {errors > 0 && `, ${words('wall.errors', { count: errors })}`}
            {row.hasHand && `, ${words('wall.hand')}`}
          </span>
        </span>
        {!row.excerpt && <span className="wv-field-hint">{words('wall.untouched')}</span>}
        <code className="wv-miniature-source" aria-hidden="true">
          {pieces.map((piece, index) => (
            <span key={index} className={piece.classes || undefined}>
              {piece.text}
            </span>
          ))}
        </code>
        {row.excerpt && row.excerpt.output !== '' && (
          <samp className="wv-miniature-output" aria-hidden="true">
            {row.excerpt.output}
          </samp>
        )}
      </button>
    </li>
  );
}
