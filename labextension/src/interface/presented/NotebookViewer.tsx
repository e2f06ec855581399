/**
 * A notebook of the room, live, to read: no server, no kernel, any phone.
 *
 * Whoever follows goes where the trainer scrolls; scrolling oneself is the way
 * out, the button the way back in. A moderator who reads here leads.
 */
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';

import { DocumentsApi } from '../../documents/api';
import { leaderIn, positionIn, type Leader, type NotebookPosition } from '../../documents/following';
import type { LiveDocument } from '../../documents/live';
import { EMPTY_NOTEBOOK, NotebookReader, type NotebookView } from '../../documents/notebook';
import { PlaceKeeper, stretchOf } from '../../documents/placeKeeper';
import { useClient, useRoom, useStore } from '../context';
import { useLiveDocument } from '../useLiveDocument';

import { Cell } from './notebook/Cell';
import type { ViewerProps } from './registry';

/** A page says where it is at most so often. */
const POSITION_INTERVAL_MS = 80;

export default function NotebookViewer({ subject, leads }: ViewerProps) {
  const { session } = useRoom();
  const client = useClient();
  const documentId = 'document' in subject ? subject.document.documentId : '';
  const api = useMemo(() => new DocumentsApi(session.api, client.roomId), [session, client]);
  const live = useLiveDocument(api.socketUrl(documentId));
  return live && 'document' in subject ? (
    <LiveNotebook live={live} name={subject.document.name} leads={leads} />
  ) : null;
}

function LiveNotebook({ live, name, leads }: { live: LiveDocument; name: string; leads: boolean }) {
  const { words } = useRoom();
  const { line, doc } = useStore(live.store);
  const notebook = useNotebook(live, doc);
  const leader = useLeader(live);
  const box = useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = useState(true);
  const publish = usePublishing(live, box, leads);
  const position = leader?.position ?? null;
  usePlace(box, isFollowing && !leads ? position : null, notebook.cells.length > 0);
  const wayOut = () => {
    if (leader) {
      setFollowing(false);
    }
  };
  if (line.kind === 'refused') {
    return (
      <p className="wv-empty" role="alert">
        {line.refusal.message}
      </p>
    );
  }
  if (line.kind === 'login_required') {
    return (
      <p className="wv-empty" role="alert">
        {words('notebook.login')}
      </p>
    );
  }
  const isHere = notebook.cells.length > 0 || (line.kind === 'open' && line.isSynced);
  return (
    <div className="wv-notebook-frame">
      {line.kind === 'down' && (
        <p className="wv-notebook-lost" role="status">
          {words('notebook.lost')}
        </p>
      )}
      {/* A region that scrolls must be reached by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={box}
        className="wv-notebook"
        role="region"
        aria-label={words('notebook.region', { name })}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        data-testid="notebook"
        data-following={isFollowing}
        onScroll={publish}
        onWheel={wayOut}
        onTouchMove={wayOut}
        onPointerDown={event => {
          // On the region itself, not in it: that is its scroll bar.
          if (event.target === event.currentTarget) {
            wayOut();
          }
        }}
        onKeyDown={event => {
          if (SCROLLING_KEYS.has(event.key)) {
            wayOut();
          }
        }}
      >
        {!isHere ? (
          <p className="wv-empty" role="status">
            {words('notebook.opening')}
          </p>
        ) : notebook.cells.length === 0 ? (
          <p className="wv-empty">{words('notebook.empty')}</p>
        ) : (
          <ol className="wv-cells">
            {notebook.cells.map((cell, index) => (
              <Cell
                key={cell.id || index}
                cell={cell}
                number={index + 1}
                language={notebook.language}
                isLed={!leads && position?.active === cell.id}
                pointer={leader?.pointer?.cell === cell.id ? leader.pointer : null}
                pointerColor={leader?.person.color ?? ''}
              />
            ))}
          </ol>
        )}
      </div>
      {leader && !leads && (
        <button
          type="button"
          className="wv-button wv-follow"
          aria-pressed={isFollowing}
          data-testid="follow"
          onClick={() => {
            setFollowing(!isFollowing);
          }}
        >
          {words(isFollowing ? 'notebook.following' : 'notebook.follow')}
        </button>
      )}
    </div>
  );
}

const SCROLLING_KEYS: ReadonlySet<string> = new Set([
  'ArrowUp',
  'ArrowDown',
  'PageUp',
  'PageDown',
  'Home',
  'End',
  ' ',
]);

function useNotebook(live: LiveDocument, doc: LiveDocument['doc']): NotebookView {
  const [notebook, setNotebook] = useState<NotebookView>(EMPTY_NOTEBOOK);
  useEffect(() => {
    const reader = new NotebookReader(doc);
    let frame = 0;
    const show = () => {
      frame = 0;
      setNotebook(reader.store.get());
    };
    // Several changes of one moment are drawn once.
    const unwatch = reader.store.subscribe(() => {
      frame ||= requestAnimationFrame(show);
    });
    if (reader.store.get().cells.length > 0) {
      show();
    }
    return () => {
      cancelAnimationFrame(frame);
      unwatch();
      reader.dispose();
    };
  }, [live, doc]);
  return notebook;
}

/** Whom this page would follow; the same object while nothing about them changed. */
function useLeader(live: LiveDocument): Leader | null {
  const { awareness } = useStore(live.store);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const known = useRef<Leader | null>(null);
  useEffect(() => {
    const look = () => {
      const next = leaderIn(awareness);
      if (JSON.stringify(next) !== JSON.stringify(known.current)) {
        known.current = next;
        redraw();
      }
    };
    awareness.on('change', look);
    look();
    return () => {
      awareness.off('change', look);
    };
  }, [awareness]);
  return known.current;
}

function usePublishing(live: LiveDocument, box: React.RefObject<HTMLDivElement>, leads: boolean): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current !== null) {
        clearTimeout(timer.current);
      }
    },
    [],
  );
  return useCallback(() => {
    if (!leads) {
      return;
    }
    timer.current ??= setTimeout(() => {
      timer.current = null;
      // A tab that is hidden has scrolled nowhere.
      if (box.current && box.current.clientHeight > 0) {
        const cells = cellsIn(box.current).map(
          cell => [cell.dataset['cell'] ?? '', stretchOf(cell)] as const,
        );
        live.awareness.setLocalStateField('position', positionIn(cells, stretchOf(box.current), null));
      }
    }, POSITION_INTERVAL_MS);
  }, [live, box, leads]);
}

function cellsIn(box: HTMLElement): HTMLElement[] {
  return [...box.querySelectorAll<HTMLElement>('[data-cell]')];
}

/** Keeps the page where the leader is; null lets it go. */
function usePlace(
  box: React.RefObject<HTMLDivElement>,
  position: NotebookPosition | null,
  hasCells: boolean,
): void {
  const keeper = useRef<PlaceKeeper | null>(null);
  useEffect(() => {
    const content = box.current?.firstElementChild;
    if (!box.current || !hasCells || !(content instanceof HTMLElement)) {
      return undefined;
    }
    const shown = box.current;
    const made = new PlaceKeeper({
      box: shown,
      content,
      cell: id => cellsIn(shown).find(one => one.dataset['cell'] === id) ?? null,
      // Every cell is drawn at once here.
      draw: () => undefined,
    });
    keeper.current = made;
    return () => {
      keeper.current = null;
      made.dispose();
    };
  }, [box, hasCells]);
  useEffect(() => {
    keeper.current?.keep(position);
  }, [position, hasCells]);
}
