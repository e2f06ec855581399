/** A board as a file: PNG, SVG, PDF, or Excalidraw's own to go on with. */
import type { PagePicture } from '../islands/contract';

import { asCanvas, asFile, asSvg, cornerOf, textsOf, type Scene } from './excalidraw';
import { pdfOfPages, type PdfPage, type PdfText } from './pdfFile';
import { SHEET_WIDTH } from './sheet';

export type DownloadKind = 'png' | 'svg' | 'pdf' | 'excalidraw';
export const DOWNLOADS: ReadonlyArray<DownloadKind> = ['png', 'svg', 'pdf', 'excalidraw'];

/** Pictures are twice as fine as the screen, for print. */
const SCALE = 2;
const JPEG_QUALITY = 0.92;
/** Of a whole document, so that a phone has memory enough for all its pages. */
const SCALE_OF_MANY = 1.5;
const QUALITY_OF_MANY = 0.85;

/** `texts` are the words of a page beneath, in parts of its width. */
export async function fileOf(
  scene: Scene,
  kind: DownloadKind,
  texts: PagePicture['texts'] = [],
): Promise<Blob> {
  switch (kind) {
    case 'excalidraw':
      return new Blob([asFile(scene)], { type: 'application/vnd.excalidraw+json' });
    case 'svg': {
      const picture = await asSvg(scene);
      return new Blob([new XMLSerializer().serializeToString(picture)], { type: 'image/svg+xml' });
    }
    case 'png':
      return bytesOf(await asCanvas(scene, SCALE), 'image/png', JPEG_QUALITY);
    case 'pdf':
      return pdfOfPages([await pageOf(scene, texts, SCALE, JPEG_QUALITY)]);
  }
}

interface Sheets {
  pages: number;
  picture: (page: number) => Promise<PagePicture>;
}

/** The whole document with what was drawn over its pages; `tell` hears of each page. */
export async function pdfOfSheets(
  { pages, picture }: Sheets,
  sceneOf: (page: number) => Promise<Scene>,
  tell: (page: number) => void,
): Promise<Blob> {
  const made: PdfPage[] = [];
  for (let page = 1; page <= pages; page += 1) {
    tell(page);
    const { texts } = await picture(page);
    made.push(await pageOf(await sceneOf(page), texts, SCALE_OF_MANY, QUALITY_OF_MANY));
  }
  return pdfOfPages(made);
}

async function pageOf(
  scene: Scene,
  texts: PagePicture['texts'],
  scale: number,
  quality: number,
): Promise<PdfPage> {
  const canvas = await asCanvas(scene, scale);
  const jpeg = await bytesOf(canvas, 'image/jpeg', quality);
  const { width, height } = canvas;
  // A phone's memory for canvases is small.
  canvas.width = 0;
  return {
    jpeg: new Uint8Array(await jpeg.arrayBuffer()),
    width,
    height,
    scale,
    texts: [...textsBeneath(scene, texts), ...textsOf(scene)],
  };
}

/** A page's own words, where they are in the exported picture: the page is the first element. */
function textsBeneath(scene: Scene, texts: PagePicture['texts']): ReadonlyArray<PdfText> {
  const [left, top] = cornerOf(scene);
  const [page] = scene.elements as ReadonlyArray<{ x?: number; y?: number }>;
  return texts.map(({ text, x, y, size }) => ({
    text,
    x: x * SHEET_WIDTH + (page?.x ?? 0) - left,
    y: y * SHEET_WIDTH + (page?.y ?? 0) - top,
    sizePx: size * SHEET_WIDTH,
  }));
}

/** Gives a file to the browser to keep. */
export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The download has begun with the click; the address is needed no longer afterwards.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10_000);
}

function bytesOf(canvas: HTMLCanvasElement, type: string, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      found => {
        if (found) {
          resolve(found);
        } else {
          reject(new Error('the board is too large for a picture'));
        }
      },
      type,
      quality,
    );
  });
}
