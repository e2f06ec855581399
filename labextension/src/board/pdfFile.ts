/**
 * Writes a picture as a PDF of one page (ISO 32000-1, 7.5 and 8.9.5: an image
 * XObject with the DCT filter holds JPEG as it is).
 */
const POINTS_PER_PIXEL = 0.75;

export function pdfOfJpeg(jpeg: Uint8Array, width: number, height: number, scale: number): Blob {
  const pageWidth = (width / scale) * POINTS_PER_PIXEL;
  const pageHeight = (height / scale) * POINTS_PER_PIXEL;
  const box = `${pageWidth.toFixed(2)} ${pageHeight.toFixed(2)}`;
  const draw = `q ${pageWidth.toFixed(2)} 0 0 ${pageHeight.toFixed(2)} 0 0 cm /Board Do Q`;
  const objects: Array<Array<string | Uint8Array>> = [
    ['<< /Type /Catalog /Pages 2 0 R >>'],
    ['<< /Type /Pages /Kids [3 0 R] /Count 1 >>'],
    [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${box}] /Contents 4 0 R `,
      '/Resources << /XObject << /Board 5 0 R >> >> >>',
    ],
    [`<< /Length ${draw.length} >>\nstream\n${draw}\nendstream`],
    [
      `<< /Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceRGB `,
      `/BitsPerComponent 8 /Filter /DCTDecode /Length ${jpeg.length} >>\nstream\n`,
      jpeg,
      '\nendstream',
    ],
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
