/** Excalidraw over one Yjs document: a board of its own, or a page's annotations. */
import { Excalidraw, MainMenu } from '@excalidraw/excalidraw';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { browserScheduler } from '../client/scheduler';
import type { LiveDocument } from '../documents';
import type { BoardProps, PagePicture } from '../islands/contract';
import { islandWords } from '../islands/words';

import { BoardBinding } from './binding';
import { DOWNLOADS, fileOf, pdfOfSheets, save, type DownloadKind } from './downloads';
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
  type Scene,
} from './excalidraw';
import { picturesOf } from './harmless';
import { others } from './presence';
import {
  boundsOf,
  isBeside,
  onSheet,
  pageOf,
  pictured,
  viewOn,
  zoomed,
  type Margins,
  type Sheet,
  type Size,
  type View,
} from './sheet';
import { useFollowing } from './useFollowing';
import { useNamedMenu } from './useNamedMenu';
import { usePresence } from './usePresence';

/** The page of a document beneath the board; whoever gives it draws it where `onView` says. */
export interface BoardSheet extends Sheet {
  hasPen: boolean;
  /** 1: all of the page is in view. */
  zoom: number;
  size: Size;
  pages: number;
  onView: (view: View) => void;
  picture: (page: number) => Promise<PagePicture>;
  heightOf: (page: number) => Promise<number>;
}

interface CanvasProps extends Omit<BoardProps, 'socketUrl'> {
  live: LiveDocument;
  sheet: BoardSheet | null;
  hand: { current: Partial<AppState> };
  mayWrite: boolean;
}

/** What is seen at once on any page; black is most often what is printed there. */
const FIRST_PEN = {
  activeTool: { type: 'freedraw' },
  currentItemStrokeColor: '#e03131',
} as const;
/** So wide a board has Excalidraw's tools at the top alone, so wide a one room for the colours beside the page. */
const WIDE = 730;
const WIDEST = 900;

/** What Excalidraw's tools cover while there is a pen. */
export function marginsOf(hasPen: boolean, size: Size): Margins {
  const bottom = hasPen && size.width < WIDE ? 76 : 8;
  return { top: hasPen ? 72 : 8, right: 8, bottom, left: hasPen && size.width >= WIDEST ? 232 : 8 };
}

export function Canvas({ live, locale, theme, name, leads, follows, mayWrite, sheet, hand }: CanvasProps) {
  const words = islandWords(locale);
  const [api, setApi] = useState<BoardApi | null>(null);
  const binding = useRef<BoardBinding | null>(null);
  const [problem, setProblem] = useState('');
  const [progress, setProgress] = useState('');
  const { doc, awareness } = live;
  const tell = usePresence(live);
  const around = useNamedMenu(words('board.menu'));
  const page = sheet?.page ?? null;
  const latest = useRef(sheet);
  latest.current = sheet;

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
      page,
    );
    binding.current = bound;
    if (page === null && api.getSceneElements().length > 0) {
      // All of it, also where the window is smaller than what was drawn.
      api.scrollToContent(undefined, { fitToContent: true, animate: false });
    }
    if (page !== null && mayWrite && api.getAppState().activeTool.type === 'selection') {
      api.setActiveTool(FIRST_PEN.activeTool);
    }
    return () => {
      binding.current = null;
      bound.dispose();
    };
  }, [api, doc, mayWrite, page]);

  useEffect(() => {
    if (!api) {
      return undefined;
    }
    const isHere = (y: number) => latest.current === null || isBeside(y, latest.current);
    const show = () => {
      api.updateScene({ collaborators: others(awareness, isHere).collaborators });
    };
    awareness.on('change', show);
    show();
    return () => {
      awareness.off('change', show);
    };
  }, [api, awareness]);

  const show = useCallback((bounds: Bounds, appState: AppState): Partial<AppState> | null => {
    const present = latest.current;
    if (!present) {
      return showing(bounds, appState);
    }
    const seen = onSheet(bounds, present);
    return seen && placed(viewOn(seen, present.size, marginsOf(present.hasPen, present.size)));
  }, []);
  const { isFollowing, hasLeader, follow, looked } = useFollowing({
    live,
    api,
    wishes: follows && !leads,
    show,
  });
  useSheetInView(api, sheet, isFollowing);

  const leading = useCallback((appState: AppState) => {
    const present = latest.current;
    const view = viewOf(appState);
    return present ? (onSheet(view, present) ?? boundsOf(present)) : view;
  }, []);
  useEffect(() => {
    if (api) {
      tell(leads ? { view: leading(api.getAppState()) } : { view: undefined });
    }
  }, [api, leads, tell, leading]);

  const initial = useMemo(() => {
    const elements = [...doc.getMap<BoardElement>('elements').values()].filter(
      one => !one.isDeleted && (page === null || pageOf(one) === page),
    );
    const background = doc.getMap<string>('state').get('viewBackgroundColor');
    return {
      elements: restored(elements),
      files: filesOf(doc),
      appState: sheet
        ? {
            ...FIRST_PEN,
            ...hand.current,
            viewBackgroundColor: 'transparent',
            ...placed(viewOn(boundsOf(sheet), sheet.size, marginsOf(sheet.hasPen, sheet.size))),
          }
        : background === undefined
          ? {}
          : { viewBackgroundColor: background },
      scrollToContent: page === null,
    };
    // The scene is taken once; what comes later arrives through the binding.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const sceneOf = async (number: number | null): Promise<Scene> => {
    const appState = api?.getAppState() as AppState;
    const files = { ...filesOf(doc), ...byId(Object.values(api?.getFiles() ?? {})) };
    if (!sheet || number === null) {
      return { elements: api?.getSceneElements() ?? [], appState, files };
    }
    const elements = [...doc.getMap<BoardElement>('elements').values()].filter(
      one => !one.isDeleted && pageOf(one) === number,
    );
    const under = pictured(
      { page: number, height: await sheet.heightOf(number) },
      await sheet.picture(number),
    );
    return {
      elements: restored([under.element, ...elements]),
      appState: { ...appState, viewBackgroundColor: '#ffffff' },
      files: { ...files, [under.file.id]: under.file },
    };
  };
  const titleOf = (kind: DownloadKind | 'pdf_all') => {
    const title = sheet ? words('board.annotated', { name: name.replace(/\.pdf$/i, '') }) : name;
    return sheet && kind !== 'pdf_all' ? `${title} - p. ${sheet.page}` : title;
  };
  const download = (kind: DownloadKind | 'pdf_all') => {
    if (!api) {
      return;
    }
    binding.current?.flush();
    const making =
      kind === 'pdf_all' && sheet
        ? pdfOfSheets(sheet, sceneOf, number => {
            setProgress(words('board.pdf_all.making', { page: number, pages: sheet.pages }));
          })
        : sceneOf(page).then(async scene =>
            fileOf(
              scene,
              kind === 'pdf_all' ? 'pdf' : kind,
              sheet && page ? (await sheet.picture(page)).texts : [],
            ),
          );
    void making
      .then(content => {
        setProblem('');
        const ending = kind === 'pdf_all' ? 'pdf' : kind;
        save(content, `${titleOf(kind)}.${ending}`);
      })
      .catch(() => {
        setProblem(words('board.download.failed'));
      })
      .finally(() => {
        setProgress('');
      });
  };

  // Excalidraw's own types do not reach our compiler whole (see `excalidraw.ts`).
  const given = {
    initialData: initial,
    excalidrawAPI: setApi as unknown,
    onChange: ((elements: ReadonlyArray<BoardElement>, appState: AppState) => {
      binding.current?.changed(elements, appState);
      hand.current = inHand(appState);
      tell({
        selectedElementIds: appState.selectedElementIds,
        ...(leads ? { view: leading(appState) } : {}),
      });
    }) as unknown,
    onScrollChange: ((scrollX: number, scrollY: number, { value }: { value: number }) => {
      latest.current?.onView({ scrollX, scrollY, zoom: value });
    }) as unknown,
    onPointerUpdate: (({ pointer, button }: { pointer: Pointer; button: 'up' | 'down' }) => {
      tell({ pointer, button });
    }) as unknown,
    validateEmbeddable: () => false,
  } as object;

  return (
    <div
      className="wv-board-canvas"
      ref={around}
      role="region"
      aria-label={words('board')}
      onWheelCapture={looked}
      onPointerDownCapture={event => {
        // A page keeps still while one draws on it; a second finger moves it.
        if (!sheet?.hasPen || !event.isPrimary) {
          looked();
        }
      }}
      data-following={isFollowing}
    >
      {problem !== '' && (
        <p className="wv-island-note" role="alert">
          {problem}
        </p>
      )}
      {progress !== '' && (
        <p className="wv-island-note" role="status">
          {progress}
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
          {mayWrite && !sheet && <MainMenu.DefaultItems.LoadScene />}
          {sheet && (
            <MainMenu.Item
              data-testid="board-download-pdf-all"
              onSelect={() => {
                download('pdf_all');
              }}
            >
              {words('board.pdf_all')}
            </MainMenu.Item>
          )}
          {DOWNLOADS.map(kind => (
            <MainMenu.Item
              key={kind}
              data-testid={`board-download-${kind}`}
              onSelect={() => {
                download(kind);
              }}
            >
              {words(sheet && kind === 'pdf' ? 'board.pdf_page' : `board.${kind}`)}
            </MainMenu.Item>
          ))}
          <MainMenu.Separator />
          {mayWrite && <MainMenu.DefaultItems.ClearCanvas />}
          {mayWrite && !sheet && <MainMenu.DefaultItems.ChangeCanvasBackground />}
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

/** Has the page in view as large as it is wanted, unless a leader's view is followed. */
function useSheetInView(api: BoardApi | null, sheet: BoardSheet | null, isFollowing: boolean): void {
  const { page, height, zoom, hasPen } = sheet ?? { page: 0, height: 0, zoom: 1, hasPen: false };
  const { width: boxWidth, height: boxHeight } = sheet?.size ?? { width: 0, height: 0 };
  useEffect(() => {
    if (!api || page === 0 || isFollowing) {
      return;
    }
    const size = { width: boxWidth, height: boxHeight };
    const whole = viewOn(boundsOf({ page, height }), size, marginsOf(hasPen, size));
    const view = zoom === 1 ? whole : zoomed(whole, size, whole.zoom * zoom);
    api.updateScene({ appState: placed(view), captureUpdate: NOT_MINE });
  }, [api, page, height, zoom, hasPen, boxWidth, boxHeight, isFollowing]);
}

function filesOf(doc: LiveDocument['doc']): Record<string, BoardFile> {
  return byId(doc.getMap<BoardFile>('files').values());
}

function byId(files: Iterable<BoardFile>): Record<string, BoardFile> {
  return Object.fromEntries(picturesOf(files).map(one => [one.id, one]));
}

function placed({ scrollX, scrollY, zoom }: View): Partial<AppState> {
  return { scrollX, scrollY, zoom: { value: zoom } };
}

function inHand(appState: AppState): Partial<AppState> {
  const {
    activeTool,
    currentItemStrokeColor,
    currentItemBackgroundColor,
    currentItemStrokeWidth,
    currentItemOpacity,
  } = appState;
  return {
    activeTool,
    currentItemStrokeColor,
    currentItemBackgroundColor,
    currentItemStrokeWidth,
    currentItemOpacity,
  };
}
