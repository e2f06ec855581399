/**
 * A notebook of the room, live: no server, no kernel, any phone. Whoever may
 * write in it writes here too, on the plain page; cells run in JupyterLab alone.
 *
 * Whoever follows goes where the trainer scrolls; scrolling oneself is the way
 * out, the button the way back in. A moderator who reads here leads.
 */
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';

import { DocumentsApi } from '../../documents/api';
import { leaderIn, positionIn, type Leader, type NotebookPosition } from '../../documents/following';
import type { LiveDocument } from '../../documents/live';
import { EMPTY_NOTEBOOK, NotebookReader, type NotebookView } from '../../documents/notebook';
import { addCell, removeCell, structureUndo } from '../../documents/notebookEdits';
import { PlaceKeeper, stretchOf } from '../../documents/placeKeeper';
import { Pace } from '../../documents/pace';
import type { DocumentView } from '../../protocol/messages';
import { useClient, useRoom, useStore } from '../context';
import { Button } from '../controls';
import { useLiveDocument } from '../useLiveDocument';

import { NoKernel, NotebookBar } from './NotebookBar';
import { Cell } from './notebook/Cell';
import { EditableCell, type CellEdits } from './notebook/EditableCell';
import type { ViewerProps } from './registry';

/** A page says where it is at most so often. */
const POSITION_INTERVAL_MS = 80;

export default function NotebookViewer({ subject, leads, isPresented }: ViewerProps) {
  const { session } = useRoom();
  const client = useClient();
  const state = useStore(client.store);
  const documentId = 'document' in subject ? subject.document.documentId : '';
  const api = useMemo(() => new DocumentsApi(session.api, client.roomId), [session, client]);
  const live = useLiveDocument(api.socketUrl(documentId));
  return live && 'document' in subject ? (
    <LiveNotebook
      live={live}
      document={subject.document}
      api={api}
      leads={leads}
      isMine={isPresented && state.presented?.by === state.me}
    />
  ) : null;
}

interface LiveNotebookProps {
  live: LiveDocument;
  document: DocumentView;
  api: DocumentsApi;
  leads: boolean;
  /** It was this person who put it on everybody's stage. */
  isMine: boolean;
}

function LiveNotebook({ live, document, api, leads, isMine }: LiveNotebookProps) {
  const { words } = useRoom();
  const { line, doc } = useStore(live.store);
  const { name } = document;
  const notebook = useNotebook(live, doc);
  const leader = useLeader(live);
  const box = useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = useState(true);
  const publish = usePublishing(live, box, leads);
  const position = leader?.position ?? null;
  // In one's own copy of an exercise nobody leads.
  const follows = isFollowing && !leads && document.copy?.isMine !== true;
  usePlace(box, follows ? position : null, notebook.cells.length > 0);
  const { edits, undo } = useEdits(live);
  usePresenting(live, leads && isMine);
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
      <NotebookBar live={live} document={document} api={api} />
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
        {edits && <NoKernel />}
        {!isHere ? (
          <p className="wv-empty" role="status">
            {words('notebook.opening')}
          </p>
        ) : notebook.cells.length === 0 ? (
          <p className="wv-empty">{words('notebook.empty')}</p>
        ) : (
          <ol className="wv-cells">
            {notebook.cells.map((cell, index) => {
              const shown = {
                cell,
                number: index + 1,
                language: notebook.language,
                isLed: !leads && position?.active === cell.id,
                pointer: leader?.pointer?.cell === cell.id ? leader.pointer : null,
                pointerColor: leader?.pointerColor ?? '',
              };
              return edits ? (
                <EditableCell key={cell.id || index} {...shown} edits={edits} />
              ) : (
                <Cell key={cell.id || index} {...shown} />
              );
            })}
          </ol>
        )}
      </div>
      {undo && (
        <p className="wv-undo" role="status">
          {words('notebook.edit.removed')}{' '}
          <Button data-testid="cell-undo" onClick={undo}>
            {words('notebook.edit.undo')}
          </Button>
        </p>
      )}
      {leader && !leads && !document.copy?.isMine && (
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

/** So long a removed cell can be brought back by a button. */
const UNDO_MS = 10_000;

/** What this person may do to the cells; null where they only read, and in JupyterLab, which has its own. */
function useEdits(live: LiveDocument): { edits: CellEdits | null; undo: (() => void) | null } {
  const { place } = useRoom();
  const { doc, access } = useStore(live.store);
  const [edited, setEdited] = useState<string | null>(null);
  const [removedAt, setRemovedAt] = useState<number | null>(null);
  const mayWrite = access === 'write' && place === 'page';
  const undos = useMemo(() => (mayWrite ? structureUndo(doc) : null), [doc, mayWrite]);
  useEffect(
    () => () => {
      undos?.destroy();
      setRemovedAt(null);
    },
    [undos],
  );
  useEffect(() => {
    if (removedAt === null) {
      return undefined;
    }
    const handle = setTimeout(() => {
      setRemovedAt(null);
    }, UNDO_MS);
    return () => {
      clearTimeout(handle);
    };
  }, [removedAt]);
  const edits = useMemo<CellEdits | null>(
    () =>
      mayWrite
        ? {
            doc,
            edited,
            edit: setEdited,
            add: (below, type) => {
              setEdited(addCell(doc, below, type));
            },
            remove: id => {
              if (removeCell(doc, id)) {
                setEdited(null);
                setRemovedAt(Date.now());
              }
            },
          }
        : null,
    [doc, edited, mayWrite],
  );
  const undo =
    undos && removedAt !== null
      ? () => {
          undos.undo();
          setRemovedAt(null);
        }
      : null;
  return { edits, undo };
}

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
  const pace = useMemo(
    () =>
      new Pace(POSITION_INTERVAL_MS, () => {
        // A tab that is hidden has scrolled nowhere.
        if (box.current && box.current.clientHeight > 0) {
          const cells = cellsIn(box.current).map(
            cell => [cell.dataset['cell'] ?? '', stretchOf(cell)] as const,
          );
          live.awareness.setLocalStateField('position', positionIn(cells, stretchOf(box.current), null));
        }
      }),
    [live, box],
  );
  useEffect(
    () => () => {
      pace.stop();
    },
    [pace],
  );
  return useCallback(() => {
    if (leads) {
      pace.ask();
    }
  }, [pace, leads]);
}

/** Says that one presents this: whoever presents is followed, of several trainers. */
function usePresenting(live: LiveDocument, presents: boolean): void {
  const { awareness } = useStore(live.store);
  useEffect(() => {
    if (presents || awareness.getLocalState()?.['presents'] === true) {
      awareness.setLocalStateField('presents', presents);
    }
  }, [awareness, presents]);
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
    const content = box.current?.querySelector('.wv-cells');
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
