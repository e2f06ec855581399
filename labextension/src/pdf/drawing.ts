/** Pages of a PDF on canvases: on a sheet, with their text over it, and as pictures. */
import type { PagePicture } from '../islands/contract';

import { MAX_CANVAS_PIXELS, TextLayer, transformed, type Page, type Pdf } from './pdfjs';

/** So wide is the picture of a page that is taken along. */
const PICTURE_WIDTH = 1600;
const PICTURE_QUALITY = 0.9;

export interface Drawing {
  done: Promise<void>;
  cancel: () => void;
}

/** Draws a page on a sheet, so many CSS pixels to the page's unit. */
export function draw(page: Page, sheet: HTMLDivElement, scale: number): Drawing {
  const viewport = page.getViewport({ scale });
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

export async function pictureOf(pdf: Pdf, number: number): Promise<PagePicture> {
  const page = await pdf.getPage(number);
  const { width } = page.getViewport({ scale: 1 });
  const viewport = page.getViewport({ scale: PICTURE_WIDTH / width });
  const canvas = document.createElement('canvas');
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  await page.render({ canvas, viewport, background: '#ffffff' }).promise;
  const dataUrl = canvas.toDataURL('image/jpeg', PICTURE_QUALITY);
  canvas.width = 0;
  const { items } = await page.getTextContent();
  const texts = items.flatMap(item => {
    if (!('str' in item) || item.str.trim() === '') {
      return [];
    }
    const [, , c, d, x, y] = transformed(viewport.transform, item.transform as number[]);
    const size = Math.hypot(c, d);
    const [left, top, height] = [x, y - size, size].map(one => one / PICTURE_WIDTH) as [
      number,
      number,
      number,
    ];
    return [{ text: item.str, x: left, y: top, size: height }];
  });
  return { dataUrl, texts };
}
