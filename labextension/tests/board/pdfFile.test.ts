import { describe, expect, it } from 'vitest';

import { pdfOfPages, type PdfText } from '../../src/board/pdfFile';

function page(scale: number, texts: PdfText[]) {
  return { jpeg: new Uint8Array([0xff, 0xd8, 0xff]), width: 200, height: 100, scale, texts };
}

describe('pictures as PDF', () => {
  it('has every object where its table says', async () => {
    const bytes = new Uint8Array(await pdfOfPages([page(2, []), page(1, [])]).arrayBuffer());
    const text = new TextDecoder('latin1').decode(bytes);
    const offsets = [...text.matchAll(/^(\d{10}) 00000 n $/gm)].map(match => Number(match[1]));
    expect(offsets).toHaveLength(9);
    offsets.forEach((offset, index) => {
      expect(text.slice(offset)).toMatch(new RegExp(`^${index + 1} 0 obj\n`));
    });
    expect(text).toContain('/Kids [4 0 R 7 0 R] /Count 2');
    expect(text).toContain('/MediaBox [0 0 75.00 37.50] /Contents 5 0 R');
    expect(text).toContain('/MediaBox [0 0 150.00 75.00] /Contents 8 0 R');
    expect(text.slice(Number(/startxref\n(\d+)/.exec(text)?.[1]))).toMatch(/^xref\n0 10\n/);
  });

  it('has the words of the board where they stand, in the alphabet of the font', async () => {
    const text = new TextDecoder('latin1').decode(
      await pdfOfPages([
        page(1, [
          { text: 'œ (é) \\ €', x: 40, y: 20, sizePx: 20 },
          { text: '→', x: 0, y: 0, sizePx: 16 },
        ]),
      ]).arrayBuffer(),
    );
    expect(text).toContain('3 Tr');
    expect(text).toContain('/F1 15.00 Tf 1 0 0 1 30.00 45.00 Tm <9c2028e929205c2080> Tj');
    expect(text).toContain('<3f> Tj');
  });
});
