/** French typography: the spaces that must not break, and the real apostrophe. */

const NARROW = '\u202f';
const WIDE = '\u00a0';

/** Makes ordinary French text typographic; applying it twice changes nothing more. */
export function frenchTypography(text: string): string {
  return text
    .replace(/[ \u00a0]([;!?])/g, `${NARROW}$1`)
    .replace(/ ([:»])/g, `${WIDE}$1`)
    .replace(/« /g, `«${WIDE}`)
    .replace(/(?<=\p{L})'(?=\p{L})/gu, '’');
}
