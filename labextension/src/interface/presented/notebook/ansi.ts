/** Text with a terminal's colour codes, in pieces with classes; pure. */

export interface AnsiPiece {
  text: string;
  /** `wv-ansi-1`..., `wv-ansi-bold`, or ''. */
  classes: string;
}

// eslint-disable-next-line no-control-regex
const CODE = /\u001b\[([0-9;]*)m/g;
// eslint-disable-next-line no-control-regex
const OTHER_CODES = /\u001b(?:\[[0-9;?]*[A-Za-ln-z]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** Splits text at its colour codes; every other terminal code is left out. */
export function ansiPieces(text: string): readonly AnsiPiece[] {
  const pieces: AnsiPiece[] = [];
  let colour: number | null = null;
  let isBold = false;
  let from = 0;
  const push = (to: number): void => {
    const part = carriageReturns(text.slice(from, to).replace(OTHER_CODES, ''));
    if (part !== '') {
      const classes = [colour === null ? '' : `wv-ansi-${colour}`, isBold ? 'wv-ansi-bold' : ''];
      pieces.push({ text: part, classes: classes.filter(Boolean).join(' ') });
    }
  };
  for (const match of text.matchAll(CODE)) {
    push(match.index);
    from = match.index + match[0].length;
    const numbers = (match[1] ?? '').split(';').map(Number);
    for (let at = 0; at < numbers.length; at += 1) {
      const number = numbers[at] ?? 0;
      if (number === 0) {
        colour = null;
        isBold = false;
      } else if (number === 1) {
        isBold = true;
      } else if (number === 22) {
        isBold = false;
      } else if (number >= 30 && number <= 37) {
        colour = number - 30;
      } else if (number >= 90 && number <= 97) {
        colour = number - 90;
      } else if (number === 38 || number === 48) {
        // A colour by its number or by red, green and blue: shown as text, its parts skipped.
        at += numbers[at + 1] === 5 ? 2 : 4;
      } else if (number === 39) {
        colour = null;
      }
    }
  }
  push(text.length);
  return pieces;
}

/** What a terminal would show: a carriage return begins its line again (progress bars). */
function carriageReturns(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n/g, '\n').replace(/[^\n]*\r(?!$)/gm, '') : text;
}
