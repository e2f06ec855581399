/**
 * A PDF, a page at a time, as on a lectern.
 *
 * Whoever presents turns the pages for all; whoever follows may turn back
 * privately, and return with one click. Whoever takes the pen draws over the
 * page: all who look at it see that, on each page what was drawn there.
 */
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';

import type { PageView, PdfProps } from '../islands/contract';
import { islandWords } from '../islands/words';

import { PageBox } from './PageBox';
import { openPdf, type Pdf } from './pdfjs';
import { useLayer, type Layer } from './useLayer';

const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4] as const;

export function PdfView(props: PdfProps) {
  const { url, xsrf, name, locale, theme, shown, firstPage, leads, onTurn, layerUrl } = props;
  const words = islandWords(locale);
  const { pdf, hasFailed } = usePdf(url, xsrf);
  const [own, setOwn] = useState<PageView | null>(null);
  const layer = useLayer(layerUrl);
  const pen = usePen(layer, props.onBegin);
  const whole = useRef<HTMLElement>(null);
  const followed = leads ? null : shown;
  const view = own ?? shown ?? { page: firstPage, zoom: 1 };
  const pages = pdf?.numPages ?? 0;
  const page = Math.min(Math.max(1, view.page), Math.max(1, pages));

  const go = useCallback(
    (next: PageView) => {
      setOwn(next);
      if (leads) {
        onTurn(next);
      }
    },
    [leads, onTurn],
  );
  useEffect(() => {
    // Another presenter took over, or the stage moved while this person follows.
    if (leads && shown) {
      setOwn(null);
    }
  }, [leads, shown]);

  const turn = (to: number) => {
    if (to >= 1 && to <= pages) {
      go({ page: to, zoom: view.zoom });
    }
  };
  const zoom = (to: number | undefined) => {
    if (to !== undefined) {
      go({ page, zoom: to });
    }
  };
  const keys = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.altKey || event.ctrlKey || event.metaKey || isWriting(target)) {
      return;
    }
    // With the pen in hand the arrows and letters are the board's.
    const isDrawing = target.closest('.wv-pdf-layer') !== null;
    const to = {
      PageDown: page + 1,
      PageUp: page - 1,
      ...(isDrawing ? {} : { ArrowRight: page + 1, ArrowLeft: page - 1, Home: 1, End: pages }),
    }[event.key];
    const isPen = !isDrawing && event.key.toLowerCase() === 'a' && pen.toggle !== null;
    if (to === undefined && !isPen) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (isPen) {
      pen.toggle?.();
    } else if (to !== undefined) {
      // The board of the next page is another one: the keys must not go with the old.
      whole.current?.querySelector<HTMLElement>('.wv-pdf-box')?.focus();
      turn(to);
    }
  };
  const isFollowing = shown !== null && !leads && own === null;
  const over = useMemo(
    () => (layer && (pen.isHeld || layer.pages.has(page)) ? { live: layer.live, hasPen: pen.isHeld } : null),
    [layer, pen.isHeld, page],
  );
  const room = useMemo(
    () => ({ name, locale, theme, leads, follows: isFollowing }),
    [name, locale, theme, leads, isFollowing],
  );

  if (hasFailed) {
    return (
      <p className="wv-island-wait" role="alert" data-testid="pdf-failed">
        {words('pdf.failed')}
      </p>
    );
  }
  const larger = ZOOMS.find(one => one > view.zoom);
  const smaller = ZOOMS.findLast(one => one < view.zoom);
  const isAway =
    followed !== null && own !== null && (own.page !== followed.page || own.zoom !== followed.zoom);
  return (
    // The arrow keys turn pages wherever the focus is in here.
    <section
      className="wv-pdf"
      aria-label={name}
      ref={whole}
      onKeyDownCapture={keys}
      data-testid="pdf"
      data-page={pdf ? page : ''}
      data-pages={pages}
      data-zoom={view.zoom}
      data-away={isAway}
      data-annotated={layer?.pages.has(page) ?? false}
    >
      <div className="wv-pdf-bar" role="toolbar" aria-label={name}>
        <PdfButton
          label={words('pdf.previous')}
          sign="‹"
          testId="pdf-previous"
          isOff={page <= 1}
          act={() => {
            turn(page - 1);
          }}
        />
        <label className="wv-pdf-number">
          <span className="wv-hidden">{words('pdf.page')}</span>
          <input
            key={page}
            type="number"
            min={1}
            max={Math.max(1, pages)}
            defaultValue={page}
            data-testid="pdf-page"
            onKeyDown={event => {
              if (event.key === 'Enter') {
                turn(Number(event.currentTarget.value));
              }
            }}
            onBlur={event => {
              if (Number(event.currentTarget.value) !== page) {
                turn(Number(event.currentTarget.value));
              }
            }}
          />
          <span>{words('pdf.of', { pages })}</span>
        </label>
        <PdfButton
          label={words('pdf.next')}
          sign="›"
          testId="pdf-next"
          isOff={page >= pages}
          act={() => {
            turn(page + 1);
          }}
        />
        <span className="wv-pdf-gap" />
        <PdfButton
          label={words('pdf.smaller')}
          sign="−"
          testId="pdf-smaller"
          isOff={smaller === undefined}
          act={() => {
            zoom(smaller);
          }}
        />
        <PdfButton
          label={words('pdf.fit')}
          sign={`${Math.round(view.zoom * 100)} %`}
          testId="pdf-fit"
          className="wv-pdf-fit"
          isOff={view.zoom === 1}
          act={() => {
            zoom(1);
          }}
        />
        <PdfButton
          label={words('pdf.larger')}
          sign="+"
          testId="pdf-larger"
          isOff={larger === undefined}
          act={() => {
            zoom(larger);
          }}
        />
        <span className="wv-pdf-gap" />
        {pdf && pen.toggle && (
          <button
            type="button"
            className="wv-pdf-word"
            aria-label={words('pdf.annotate')}
            aria-pressed={pen.isHeld}
            title={words('pdf.annotate.title')}
            data-testid="pdf-annotate"
            onClick={pen.toggle}
          >
            <Pencil />
            <span>{words('pdf.annotate')}</span>
          </button>
        )}
      </div>
      {pen.hasFailed && (
        <p className="wv-island-note" role="alert">
          {words('pdf.annotate.failed')}
        </p>
      )}
      <PageBox
        pdf={pdf}
        page={page}
        zoom={view.zoom}
        label={words('pdf.shown', { page, pages })}
        wait={words('opening')}
        layer={over}
        room={room}
      />
      {isAway && (
        <button
          type="button"
          className="wv-island-follow"
          data-testid="pdf-back"
          onClick={() => {
            setOwn(null);
          }}
        >
          {words('pdf.back', { page: followed.page })}
        </button>
      )}
      <p className="wv-hidden" role="status">
        {pdf ? words('pdf.shown', { page, pages }) : words('opening')}
      </p>
    </section>
  );
}

interface PdfButtonProps {
  label: string;
  sign: string;
  testId: string;
  isOff: boolean;
  className?: string;
  act: () => void;
}

function PdfButton({ label, sign, testId, isOff, className, act }: PdfButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={className}
      disabled={isOff}
      data-testid={testId}
      onClick={act}
    >
      {sign}
    </button>
  );
}

function usePdf(url: string, xsrf: string): { pdf: Pdf | null; hasFailed: boolean } {
  const [pdf, setPdf] = useState<Pdf | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    setPdf(null);
    setFailed(false);
    let isHere = true;
    const opening = openPdf(url, xsrf);
    opening.pdf.then(
      found => {
        if (isHere) {
          setPdf(found);
        }
      },
      () => {
        if (isHere) {
          setFailed(true);
        }
      },
    );
    return () => {
      isHere = false;
      opening.cancel();
    };
  }, [url, xsrf]);
  return { pdf, hasFailed };
}

interface Pen {
  isHeld: boolean;
  hasFailed: boolean;
  /** Null for whoever may not draw here. */
  toggle: (() => void) | null;
}

/** The pen over the pages; taking it begins annotations where there are none. */
function usePen(layer: Layer | null, onBegin: PdfProps['onBegin']): Pen {
  const [isWanted, setWanted] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  const mayDraw = layer ? layer.mayDraw : onBegin !== null;
  const toggle = useCallback(() => {
    setFailed(false);
    setWanted(!isWanted);
    if (!isWanted && !layer && onBegin) {
      void onBegin().then(isThere => {
        if (!isThere) {
          setWanted(false);
          setFailed(true);
        }
      });
    }
  }, [isWanted, layer, onBegin]);
  return { isHeld: isWanted && mayDraw, hasFailed, toggle: mayDraw ? toggle : null };
}

function isWriting(target: HTMLElement): boolean {
  return (
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target.isContentEditable
  );
}

function Pencil() {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" aria-hidden="true">
      <path
        d="M4 20l1-4.2L16.4 4.4a1.6 1.6 0 0 1 2.3 0l.9.9a1.6 1.6 0 0 1 0 2.3L8.2 19 4 20zM14.5 6.3l3.2 3.2"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
