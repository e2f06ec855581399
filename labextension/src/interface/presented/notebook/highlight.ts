/** Code in pieces with classes, for languages that we know; pure. */
import { classHighlighter, highlightCode } from '@lezer/highlight';
import { parser as python } from '@lezer/python';

export interface Piece {
  text: string;
  /** Class names of `@lezer/highlight` (`tok-keyword`...), or ''. */
  classes: string;
}

/** Longer code is shown plain: colours are not worth a frozen phone. */
export const MOST_HIGHLIGHTED = 50_000;

const PYTHON: ReadonlySet<string> = new Set(['python', 'python3', 'ipython', 'ipython3']);

export function highlight(code: string, language: string): readonly Piece[] {
  if (!PYTHON.has(language) || code.length > MOST_HIGHLIGHTED) {
    return [{ text: code, classes: '' }];
  }
  const pieces: Piece[] = [];
  highlightCode(
    code,
    python.parse(code),
    classHighlighter,
    (text, classes) => {
      pieces.push({ text, classes });
    },
    () => {
      pieces.push({ text: '\n', classes: '' });
    },
  );
  return pieces;
}
