/** A whiteboard: Excalidraw over a shared document, with everybody's cursors. */
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';

import type { LiveDocument } from '../documents';
import { useLiveDocument } from '../interface/useLiveDocument';
import type { BoardProps } from '../islands/contract';
import { LineNote } from '../islands/LineNote';
import { islandWords } from '../islands/words';

import { Canvas, type BoardSheet } from './Canvas';
import type { AppState } from './excalidraw';

export function Board(props: BoardProps) {
  const live = useLiveDocument(props.socketUrl);
  return live ? <LiveBoard {...props} live={live} sheet={null} /> : null;
}

export interface LiveBoardProps extends Omit<BoardProps, 'socketUrl'> {
  live: LiveDocument;
  /** The page beneath; null on a board of its own. */
  sheet: BoardSheet | null;
}

export function LiveBoard(props: LiveBoardProps) {
  const { live, locale, sheet } = props;
  const state = useSyncExternalStore(live.store.subscribe, live.store.get);
  const [synced, setSynced] = useState<unknown>(null);
  /** The tool and its colours stay in the hand when a page is turned. */
  const hand = useRef<Partial<AppState>>({});
  const isHere = synced === state.doc;
  useEffect(() => {
    if (state.line.kind === 'open' && state.line.isSynced) {
      setSynced(state.doc);
    }
  }, [state]);
  return (
    <div
      className="wv-board"
      data-testid="board"
      data-access={state.access ?? ''}
      data-line={state.line.kind}
      data-unsaved={state.unsaved}
    >
      <LineNote state={state} locale={locale} />
      {isHere ? (
        <Canvas
          key={`${state.doc.clientID} ${sheet?.page ?? ''}`}
          {...props}
          hand={hand}
          mayWrite={state.access === 'write' && sheet?.hasPen !== false}
        />
      ) : (
        <p className="wv-island-wait" role="status">
          {islandWords(locale)('opening')}
        </p>
      )}
    </div>
  );
}
