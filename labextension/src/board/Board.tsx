/** A whiteboard: Excalidraw over a shared document, with everybody's cursors. */
import { Excalidraw, MainMenu } from '@excalidraw/excalidraw';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';

import { browserScheduler } from '../client/scheduler';
import type { LiveDocument } from '../documents';
import type { BoardProps } from '../islands/contract';
import { useLiveDocument } from '../interface/useLiveDocument';
import { LineNote } from '../islands/LineNote';
import { islandWords } from '../islands/words';

import { BoardBinding } from './binding';
import { fileOf, save, type DownloadKind } from './downloads';
import {
  NOT_MINE,
  reconciled,
  restored,
  showing,
  viewOf,
  type AppState,
  type BoardApi,
  type BoardElement,
  type BoardFile,
  type Bounds,
  type Pointer,
} from './excalidraw';
import { others, type OwnPresence } from './presence';

/** Cursors and the leader's view are told so often. */
const PRESENCE_INTERVAL_MS = 60;
const DOWNLOADS: ReadonlyArray<DownloadKind> = ['png', 'svg', 'pdf', 'excalidraw'];

export function Board(props: BoardProps) {
  const live = useLiveDocument(props.socketUrl);
  return live ? <LiveBoard {...props} live={live} /> : null;
}

interface LiveBoardProps extends BoardProps {
  live: LiveDocument;
}

function LiveBoard(props: LiveBoardProps) {
  const { live, locale } = props;
  const state = useSyncExternalStore(live.store.subscribe, live.store.get);
  const [synced, setSynced] = useState<unknown>(null);
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
        <Canvas key={state.doc.clientID} {...props} mayWrite={state.access === 'write'} />
      ) : (
        <p className="wv-island-wait" role="status">
          {islandWords(locale)('opening')}
        </p>
      )}
    </div>
  );
}

function Canvas({
  live,
  locale,
  theme,
  name,
  leads,
  follows,
  mayWrite,
}: LiveBoardProps & { mayWrite: boolean }) {
  const words = islandWords(locale);
  const [api, setApi] = useState<BoardApi | null>(null);
  const binding = useRef<BoardBinding | null>(null);
  const [problem, setProblem] = useState('');
  const { doc, awareness } = live;
  const tell = usePresence(live);

  useEffect(() => {
    if (!api) {
      return undefined;
    }
    const bound = new BoardBinding(
      doc,
      api,
      mayWrite,
      { restored, reconciled, notMine: NOT_MINE },
      browserScheduler,
    );
    binding.current = bound;
    if (api.getSceneElements().length > 0) {
      // All of it, also where the window is smaller than what was drawn.
      api.scrollToContent(undefined, { fitToContent: true, animate: false });
    }
    return () => {
      binding.current = null;
      bound.dispose();
    };
  }, [api, doc, mayWrite]);

  useEffect(() => {
    if (!api) {
      return undefined;
    }
    const show = () => {
      api.updateScene({ collaborators: others(awareness).collaborators });
    };
    awareness.on('change', show);
    show();
    return () => {
      awareness.off('change', show);
    };
  }, [api, awareness]);

  const { isFollowing, hasLeader, follow, looked } = useFollowing(live, api, follows && !leads);
  useEffect(() => {
    if (api) {
      tell(leads ? { view: viewOf(api.getAppState()) } : { view: undefined });
    }
  }, [api, leads, tell]);

  const initial = useMemo(() => {
    const elements = [...doc.getMap<BoardElement>('elements').values()].filter(one => !one.isDeleted);
    const background = doc.getMap<string>('state').get('viewBackgroundColor');
    return {
      elements: restored(elements),
      files: Object.fromEntries(doc.getMap<BoardFile>('files').entries()),
      appState: background === undefined ? {} : { viewBackgroundColor: background },
      scrollToContent: true,
    };
    // The scene is taken once; what comes later arrives through the binding.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const download = (kind: DownloadKind) => {
    if (!api) {
      return;
    }
    const scene = { elements: api.getSceneElements(), appState: api.getAppState(), files: api.getFiles() };
    void fileOf(scene, kind)
      .then(content => {
        setProblem('');
        save(content, `${name}.${kind}`);
      })
      .catch(() => {
        setProblem(words('board.download.failed'));
      });
  };

  // Excalidraw's own types do not reach our compiler whole (see `excalidraw.ts`).
  const given = {
    initialData: initial,
    excalidrawAPI: setApi as unknown,
    onChange: ((elements: ReadonlyArray<BoardElement>, appState: AppState) => {
      binding.current?.changed(elements, appState);
      tell({
        selectedElementIds: appState.selectedElementIds,
        ...(leads ? { view: viewOf(appState) } : {}),
      });
    }) as unknown,
    onPointerUpdate: (({ pointer, button }: { pointer: Pointer; button: 'up' | 'down' }) => {
      tell({ pointer, button });
    }) as unknown,
    validateEmbeddable: () => false,
  } as object;

  return (
    <div
      className="wv-board-canvas"
      role="region"
      aria-label={words('board')}
      onWheelCapture={looked}
      onPointerDownCapture={looked}
      data-following={isFollowing}
    >
      {problem !== '' && (
        <p className="wv-island-note" role="alert">
          {problem}
        </p>
      )}
      <Excalidraw
        {...given}
        isCollaborating
        langCode={locale === 'fr' ? 'fr-FR' : 'en'}
        theme={theme}
        name={name}
        viewModeEnabled={!mayWrite}
        handleKeyboardGlobally={false}
        aiEnabled={false}
        UIOptions={{ canvasActions: { loadScene: mayWrite, saveToActiveFile: false, toggleTheme: false } }}
      >
        <MainMenu>
          {mayWrite && <MainMenu.DefaultItems.LoadScene />}
          {DOWNLOADS.map(kind => (
            <MainMenu.Item
              key={kind}
              data-testid={`board-download-${kind}`}
              onSelect={() => {
                download(kind);
              }}
            >
              {words(`board.${kind}`)}
            </MainMenu.Item>
          ))}
          <MainMenu.Separator />
          {mayWrite && <MainMenu.DefaultItems.ClearCanvas />}
          {mayWrite && <MainMenu.DefaultItems.ChangeCanvasBackground />}
          <MainMenu.DefaultItems.SearchMenu />
          <MainMenu.DefaultItems.Help />
        </MainMenu>
      </Excalidraw>
      {hasLeader && !isFollowing && (
        <button type="button" className="wv-island-follow" onClick={follow} data-testid="board-follow">
          {words('follow')}
        </button>
      )}
    </div>
  );
}

/** Tells the others where one is, not too often; the last word is always said. */
function usePresence(live: LiveDocument): (presence: OwnPresence) => void {
  const waiting = useRef<OwnPresence>({});
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const toldAt = useRef(0);
  const say = useCallback(() => {
    timer.current = null;
    toldAt.current = Date.now();
    const present = live.awareness.getLocalState() ?? {};
    live.awareness.setLocalState({ ...present, ...waiting.current });
    waiting.current = {};
  }, [live]);
  useEffect(
    () => () => {
      if (timer.current) {
        clearTimeout(timer.current);
        timer.current = null;
      }
    },
    [live],
  );
  return useCallback(
    presence => {
      waiting.current = { ...waiting.current, ...presence };
      timer.current ??= setTimeout(say, Math.max(0, toldAt.current + PRESENCE_INTERVAL_MS - Date.now()));
    },
    [say],
  );
}

/** Follows the view of whoever leads, until one looks around oneself. */
function useFollowing(live: LiveDocument, api: BoardApi | null, wishes: boolean) {
  const [isFollowing, setFollowing] = useState(wishes);
  const [hasLeader, setLeader] = useState(false);
  const { awareness } = live;
  useEffect(() => {
    setFollowing(wishes);
  }, [wishes]);
  useEffect(() => {
    let shown = '';
    const look = () => {
      const { led } = others(awareness);
      setLeader(wishes && led !== null);
      if (api && wishes && isFollowing && led && led.join() !== shown) {
        shown = led.join();
        api.updateScene({
          appState: showing(led satisfies Bounds, api.getAppState()),
          captureUpdate: NOT_MINE,
        });
      }
    };
    awareness.on('change', look);
    look();
    return () => {
      awareness.off('change', look);
    };
  }, [awareness, api, wishes, isFollowing]);
  return {
    isFollowing: wishes && isFollowing && hasLeader,
    hasLeader,
    follow: () => {
      setFollowing(true);
    },
    looked: () => {
      if (hasLeader) {
        setFollowing(false);
      }
    },
  };
}
