/**
 * A PDF, a page at a time, as on a lectern.
 *
 * Whoever presents turns the pages for all; whoever follows may turn back
 * privately, and return with one click.
 */
import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react';

import type { PageView, PdfProps } from '../islands/contract';
import { islandWords } from '../islands/words';

import { MAX_CANVAS_PIXELS, openPdf, TextLayer, type Page, type Pdf } from './pdfjs';

const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4] as const;
/** So wide is the picture of a page that is put on a whiteboard. */
const PICTURE_WIDTH = 1600;
const PICTURE_QUALITY = 0.85;

export function PdfView(props: PdfProps) {
  const { url, xsrf, name, locale, shown, firstPage, leads, onTurn, onAnnotate, annotated } = props;
  const words = islandWords(locale);
  const { pdf, hasFailed } = usePdf(url, xsrf);
  const [own, setOwn] = useState<PageView | null>(null);
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
    if (event.altKey || event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement) {
      return;
    }
    const to = {
      ArrowRight: page + 1,
      PageDown: page + 1,
      ArrowLeft: page - 1,
      PageUp: page - 1,
      Home: 1,
      End: pages,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      turn(to);
    }
  };

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
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      className="wv-pdf"
      aria-label={name}
      onKeyDown={keys}
      data-testid="pdf"
      data-page={pdf ? page : ''}
      data-pages={pages}
      data-zoom={view.zoom}
      data-away={isAway}
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
        {pdf && annotated.includes(page) && (
          <button
            type="button"
            className="wv-pdf-word"
            data-testid="pdf-annotations"
            onClick={() => {
              props.onAnnotations(page);
            }}
          >
            {words('pdf.annotations')}
          </button>
        )}
        {onAnnotate && pdf && !annotated.includes(page) && (
          <button
            type="button"
            className="wv-pdf-word"
            data-testid="pdf-annotate"
            onClick={() => {
              void pictureOf(pdf, page).then(onAnnotate);
            }}
          >
            {words('pdf.annotate')}
          </button>
        )}
      </div>
      <PageCanvas
        pdf={pdf}
        page={page}
        zoom={view.zoom}
        label={words('pdf.shown', { page, pages })}
        wait={words('opening')}
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
  act: () => void;
}

function PdfButton({ label, sign, testId, isOff, act }: PdfButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
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

interface PageCanvasProps {
  pdf: Pdf | null;
  page: number;
  zoom: number;
  label: string;
  wait: string;
}

/** Draws the page so that it fits, times the zoom; its text lies over it, to select and to be read aloud. */
function PageCanvas({ pdf, page, zoom, label, wait }: PageCanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const size = useBoxSize(box);
  const [drawn, setDrawn] = useState(0);
  useEffect(() => {
    if (!pdf || size.width === 0) {
      return undefined;
    }
    const over = new AbortController();
    const isWanted = () => !over.signal.aborted;
    void pdf.getPage(page).then(async found => {
      if (isWanted() && sheet.current) {
        const drawing = draw(found, sheet.current, size, zoom);
        over.signal.addEventListener('abort', drawing.cancel);
        await drawing.done.catch(() => undefined);
        if (isWanted()) {
          setDrawn(page);
        }
      }
    });
    return () => {
      over.abort();
    };
  }, [pdf, page, zoom, size]);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="wv-pdf-box" ref={box} tabIndex={0} role="group" aria-label={label} data-drawn={drawn}>
      {!pdf && (
        <p className="wv-island-wait" role="status">
          {wait}
        </p>
      )}
      <div className="wv-pdf-sheet" ref={sheet} hidden={!pdf} data-testid="pdf-sheet" />
    </div>
  );
}

interface BoxSize {
  width: number;
  height: number;
}

function useBoxSize(box: React.RefObject<HTMLDivElement>): BoxSize {
  const [size, setSize] = useState<BoxSize>({ width: 0, height: 0 });
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

function draw(
  page: Page,
  sheet: HTMLDivElement,
  size: BoxSize,
  zoom: number,
): { done: Promise<void>; cancel: () => void } {
  const natural = page.getViewport({ scale: 1 });
  const fit = Math.min(size.width / natural.width, size.height / natural.height);
  const viewport = page.getViewport({ scale: Math.max(0.1, fit * zoom) });
  const fine = Math.min(
    window.devicePixelRatio,
    Math.sqrt(MAX_CANVAS_PIXELS / (viewport.width * viewport.height)),
  );
  const canvas = document.createElement('canvas');
  canvas.width = Math.floor(viewport.width * fine);
  canvas.height = Math.floor(viewport.height * fine);
  canvas.setAttribute('aria-hidden', 'true');
  const text = document.createElement('div');
  text.className = 'textLayer';
  text.style.setProperty('--total-scale-factor', viewport.scale.toString());
  const painting = page.render({
    canvas,
    viewport,
    transform: fine === 1 ? undefined : [fine, 0, 0, fine, 0, 0],
  });
  const layer = new TextLayer({ textContentSource: page.streamTextContent(), container: text, viewport });
  const done = painting.promise.then(async () => {
    // The old page stays until the new one is there: nothing flickers.
    sheet.style.width = `${Math.floor(viewport.width)}px`;
    sheet.style.height = `${Math.floor(viewport.height)}px`;
    sheet.replaceChildren(canvas, text);
    await layer.render();
  });
  return {
    done,
    cancel: () => {
      painting.cancel();
      layer.cancel();
    },
  };
}

async function pictureOf(pdf: Pdf, number: number) {
  const page = await pdf.getPage(number);
  const natural = page.getViewport({ scale: 1 });
  const viewport = page.getViewport({ scale: PICTURE_WIDTH / natural.width });
  const canvas = document.createElement('canvas');
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  await page.render({ canvas, viewport, background: '#ffffff' }).promise;
  return {
    page: number,
    dataUrl: canvas.toDataURL('image/jpeg', PICTURE_QUALITY),
    width: canvas.width,
    height: canvas.height,
  };
}
