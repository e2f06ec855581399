/** pdf.js, with its worker and its data from us, and nothing of it that evaluates code. */
import * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist/types/src/pdf';

export type Pdf = PDFDocumentProxy;
export type Page = PDFPageProxy;

export const { TextLayer } = pdfjs;

type Matrix = [number, number, number, number, number, number];

/** One transformation after another. */
export function transformed(outer: ReadonlyArray<number>, inner: ReadonlyArray<number>): Matrix {
  return pdfjs.Util.transform([...outer], [...inner]) as Matrix;
}

/** Largest side of a canvas that phones still draw. */
export const MAX_CANVAS_PIXELS = 16_000_000;

export interface Opening {
  pdf: Promise<Pdf>;
  cancel: () => void;
}

/** Opens a PDF; only the parts that are looked at are fetched. */
export function openPdf(url: string, xsrf: string): Opening {
  const assets = new URL('.', import.meta.url).href;
  pdfjs.GlobalWorkerOptions.workerSrc = `${assets}pdf-worker.js`;
  const task = pdfjs.getDocument({
    url,
    httpHeaders: { 'X-XSRFToken': xsrf },
    withCredentials: true,
    cMapUrl: `${assets}pdf/cmaps/`,
    standardFontDataUrl: `${assets}pdf/standard_fonts/`,
    wasmUrl: `${assets}pdf/wasm/`,
    iccUrl: `${assets}pdf/iccs/`,
    isEvalSupported: false,
    enableXfa: false,
    stopAtErrors: false,
  });
  return {
    pdf: task.promise,
    cancel: () => {
      void task.destroy();
    },
  };
}
