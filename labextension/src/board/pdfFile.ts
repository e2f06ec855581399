/**
 * Writes pictures as a PDF, a page each (ISO 32000-1, 7.5 and 8.9.5: an image
 * XObject with the DCT filter holds JPEG as it is).
 *
 * Words of the board lie over it unseen (9.3.6, rendering mode 3), to be
 * found, copied and read aloud.
 */
const POINTS_PER_PIXEL = 0.75;

/** A line of text: where its top left corner is in the picture, in CSS pixels. */
export interface PdfText {
  text: string;
  x: number;
  y: number;
  sizePx: number;
}

/** The places of Windows-1252 that are not Latin-1's. */
const CP1252 =
  '\u20ac\u0000\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u0000\u017d\u0000\u0000\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u0000\u017e\u0178';

/** A text as a hexadecimal string in Windows-1252; what it has not becomes a question mark. */
function hexOf(text: string): string {
  return Array.from(text, character => {
    const code = character.codePointAt(0) ?? 0;
    const place = CP1252.indexOf(character);
    const isLatin = (code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code <= 0xff);
    const byte = isLatin ? code : place >= 0 && code !== 0 ? 0x80 + place : 0x3f;
    return byte.toString(16).padStart(2, '0');
  }).join('');
}

/** A picture and the words in it; `scale` is how many of its pixels make one of CSS. */
export interface PdfPage {
  jpeg: Uint8Array;
  width: number;
  height: number;
  scale: number;
  texts: ReadonlyArray<PdfText>;
}

type PdfObject = ReadonlyArray<string | Uint8Array>;

/** Catalogue, list of pages, font; then three objects a page. */
const BEFORE_PAGES = 3;

export function pdfOfPages(pages: ReadonlyArray<PdfPage>): Blob {
  const numberOf = (page: number) => BEFORE_PAGES + 1 + 3 * page;
  const kids = pages.map((_, page) => `${numberOf(page)} 0 R`).join(' ');
  const objects: PdfObject[] = [
    ['<< /Type /Catalog /Pages 2 0 R >>'],
    [`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`],
    ['<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>'],
    ...pages.flatMap((page, index) => objectsOf(page, numberOf(index))),
  ];
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  let length = 0;
  const put = (part: string | Uint8Array) => {
    const bytes = typeof part === 'string' ? encoder.encode(part) : part;
    parts.push(bytes);
    length += bytes.length;
  };
  put('%PDF-1.4\n');
  const offsets = objects.map((object, index) => {
    const offset = length;
    put(`${index + 1} 0 obj\n`);
    object.forEach(put);
    put('\nendobj\n');
    return offset;
  });
  const table = length;
  put(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`);
  offsets.forEach(offset => {
    put(`${offset.toString().padStart(10, '0')} 00000 n \n`);
  });
  put(`trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`);
  return new Blob(parts, { type: 'application/pdf' });
}

/** The page, what it draws, and its picture. */
function objectsOf({ jpeg, width, height, scale, texts }: PdfPage, number: number): PdfObject[] {
  const pageWidth = (width / scale) * POINTS_PER_PIXEL;
  const pageHeight = (height / scale) * POINTS_PER_PIXEL;
  const box = `${pageWidth.toFixed(2)} ${pageHeight.toFixed(2)}`;
  const said = texts.map(({ text, x, y, sizePx }) => {
    const size = sizePx * POINTS_PER_PIXEL;
    const left = x * POINTS_PER_PIXEL;
    const base = pageHeight - y * POINTS_PER_PIXEL - size;
    return `/F1 ${size.toFixed(2)} Tf 1 0 0 1 ${left.toFixed(2)} ${base.toFixed(2)} Tm <${hexOf(text)}> Tj`;
  });
  const draw = [
    `q ${pageWidth.toFixed(2)} 0 0 ${pageHeight.toFixed(2)} 0 0 cm /Board Do Q`,
    ...(said.length > 0 ? ['BT 3 Tr', ...said, 'ET'] : []),
  ].join('\n');
  return [
    [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${box}] /Contents ${number + 1} 0 R `,
      `/Resources << /XObject << /Board ${number + 2} 0 R >> /Font << /F1 3 0 R >> >> >>`,
    ],
    [`<< /Length ${draw.length} >>\nstream\n${draw}\nendstream`],
    [
      `<< /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceRGB `,
      `/BitsPerComponent 8 /Filter /DCTDecode /Length ${jpeg.length} >>\nstream\n`,
      jpeg,
      '\nendstream',
    ],
  ];
}
