/**
 * One page in its box: fitted and scrolled, or beneath a board that says where it is.
 *
 * Its text lies over it, to select and to be read aloud.
 */
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';

import type { BoardSheet } from '../board/Canvas';
import { SHEET_WIDTH, boundsOf, type Sheet, type Size, type View } from '../board/sheet';
import type { LiveDocument } from '../documents';
import type { PdfProps } from '../islands/contract';
import { loadStyleBeside } from '../islands/load';

import { draw, pictureOf } from './drawing';
import type { Pdf } from './pdfjs';

const LiveBoard = lazy(async () => {
  const [{ LiveBoard: default_ }] = await Promise.all([
    import('../board/Board'),
    loadStyleBeside('board', import.meta.url),
  ]);
  return { default: default_ };
});

/** A page that was moved is drawn again, as fine as it is large, once it lies still. */
const STILL_MS = 150;
/** Smaller changes are left to the browser's own scaling. */
const SAME_SCALE = 0.03;

interface PageBoxProps {
  pdf: Pdf | null;
  page: number;
  zoom: number;
  label: string;
  wait: ReactNode;
  /** Annotations to be shown over this page. */
  layer: { live: LiveDocument; hasPen: boolean } | null;
  room: Pick<PdfProps, 'name' | 'locale' | 'theme' | 'leads'> & { follows: boolean };
}

export function PageBox({ pdf, page, zoom, label, wait, layer, room }: PageBoxProps) {
  const box = useRef<HTMLDivElement>(null);
  const paper = useRef<HTMLDivElement>(null);
  const size = useBoxSize(box);
  const natural = useNaturalSize(pdf, page);
  const [drawn, setDrawn] = useState(0);
  const view = useRef<View | null>(null);
  const [layeredScale, setLayeredScale] = useState(0);
  const isLayered = layer !== null;
  const sheet = useMemo<Sheet | null>(
    () => natural && { page, height: (SHEET_WIDTH * natural.height) / natural.width },
    [page, natural],
  );

  const fitting = natural ? Math.min(size.width / natural.width, size.height / natural.height) * zoom : 0;
  const scale = natural && size.width > 0 ? Math.max(0.1, (isLayered && layeredScale) || fitting) : 0;

  const put = useCallback(() => {
    const element = paper.current;
    if (!element || !sheet || !isLayered || !view.current) {
      return;
    }
    const [left, top] = boundsOf(sheet);
    const { scrollX, scrollY, zoom: near } = view.current;
    const width = parseFloat(element.style.width) || 1;
    const [x, y] = [(left + scrollX) * near, (top + scrollY) * near];
    element.style.transform = `translate(${x}px, ${y}px) scale(${(SHEET_WIDTH * near) / width})`;
  }, [sheet, isLayered]);

  useEffect(() => {
    if (!pdf || scale === 0) {
      return undefined;
    }
    const over = new AbortController();
    const isWanted = () => !over.signal.aborted;
    void pdf.getPage(page).then(async found => {
      if (isWanted() && paper.current) {
        const drawing = draw(found, paper.current, scale);
        over.signal.addEventListener('abort', drawing.cancel);
        await drawing.done.catch(() => undefined);
        if (isWanted()) {
          put();
          setDrawn(page);
        }
      }
    });
    return () => {
      over.abort();
    };
  }, [pdf, page, scale, put]);

  const still = useRef<ReturnType<typeof setTimeout>>();
  const naturalWidth = natural?.width ?? 1;
  const onView = useCallback(
    (next: View) => {
      view.current = next;
      put();
      clearTimeout(still.current);
      still.current = setTimeout(() => {
        const wanted = (SHEET_WIDTH * next.zoom) / naturalWidth;
        setLayeredScale(present => (Math.abs(wanted / present - 1) < SAME_SCALE ? present : wanted));
      }, STILL_MS);
    },
    [put, naturalWidth],
  );
  useEffect(() => {
    if (!isLayered) {
      clearTimeout(still.current);
      view.current = null;
      setLayeredScale(0);
      if (paper.current) {
        paper.current.style.transform = '';
      }
    }
  }, [isLayered]);
  useEffect(
    () => () => {
      clearTimeout(still.current);
    },
    [],
  );

  const hasPen = layer?.hasPen ?? false;
  const boardSheet = useMemo<BoardSheet | null>(
    () =>
      pdf && sheet && size.width > 0
        ? {
            ...sheet,
            hasPen,
            zoom,
            size,
            pages: pdf.numPages,
            onView,
            picture: number => pictureOf(pdf, number),
            heightOf: async number => {
              const { width, height } = (await pdf.getPage(number)).getViewport({ scale: 1 });
              return (SHEET_WIDTH * height) / width;
            },
          }
        : null,
    [pdf, sheet, hasPen, zoom, size, onView],
  );
  return (
    <div
      className="wv-pdf-box"
      ref={box}
      // A page that is larger than its box must scroll without a mouse.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="group"
      aria-label={label}
      data-drawn={drawn}
      data-layered={isLayered}
    >
      {!pdf && (
        <p className="wv-island-wait" role="status">
          {wait}
        </p>
      )}
      <div className="wv-pdf-sheet" ref={paper} hidden={!pdf} data-testid="pdf-sheet" />
      {layer && boardSheet && (
        <div className="wv-pdf-layer" data-testid="pdf-layer" data-pen={hasPen}>
          <Suspense fallback={null}>
            <LiveBoard {...room} live={layer.live} sheet={boardSheet} />
          </Suspense>
        </div>
      )}
    </div>
  );
}

function useNaturalSize(pdf: Pdf | null, page: number): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    let isHere = true;
    void pdf?.getPage(page).then(found => {
      const { width, height } = found.getViewport({ scale: 1 });
      if (isHere) {
        setSize(present =>
          present?.width === width && present.height === height ? present : { width, height },
        );
      }
    });
    return () => {
      isHere = false;
    };
  }, [pdf, page]);
  return size;
}

function useBoxSize(box: React.RefObject<HTMLDivElement>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const element = box.current;
    if (!element) {
      return undefined;
    }
    const observer = new ResizeObserver(([entry]) => {
      if (entry) {
        const width = Math.floor(entry.contentRect.width);
        const height = Math.floor(entry.contentRect.height);
        setSize(present =>
          present.width === width && present.height === height ? present : { width, height },
        );
      }
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [box]);
  return size;
}
