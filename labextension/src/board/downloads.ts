/** A board as a file: PNG, SVG, PDF, or Excalidraw's own to go on with. */
import { asCanvas, asFile, asSvg, textsOf, type Scene } from './excalidraw';
import { pdfOfJpeg } from './pdfFile';

export type DownloadKind = 'png' | 'svg' | 'pdf' | 'excalidraw';

/** Pictures are twice as fine as the screen, for print. */
const SCALE = 2;
const JPEG_QUALITY = 0.92;

export async function fileOf(scene: Scene, kind: DownloadKind): Promise<Blob> {
  switch (kind) {
    case 'excalidraw':
      return new Blob([asFile(scene)], { type: 'application/vnd.excalidraw+json' });
    case 'svg': {
      const picture = await asSvg(scene);
      return new Blob([new XMLSerializer().serializeToString(picture)], { type: 'image/svg+xml' });
    }
    case 'png':
      return bytesOf(await asCanvas(scene, SCALE), 'image/png');
    case 'pdf': {
      const canvas = await asCanvas(scene, SCALE);
      const jpeg = await bytesOf(canvas, 'image/jpeg');
      const bytes = new Uint8Array(await jpeg.arrayBuffer());
      return pdfOfJpeg(bytes, canvas.width, canvas.height, SCALE, textsOf(scene));
    }
  }
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

function bytesOf(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
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
      JPEG_QUALITY,
    );
  });
}
