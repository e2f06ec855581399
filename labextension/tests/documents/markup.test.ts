import { describe, expect, it } from 'vitest';

import { ansiPieces } from '../../src/interface/presented/notebook/ansi';
import { highlight } from '../../src/interface/presented/notebook/highlight';
import { markdownToHtml } from '../../src/interface/presented/notebook/markdownHtml';

describe('code', () => {
  it('is coloured in Python and whole in everything', () => {
    const code = 'import os  # why\nprint("é")';
    const pieces = highlight(code, 'python');
    expect(pieces.map(piece => piece.text).join('')).toBe(code);
    expect(pieces.find(piece => piece.text === 'import')?.classes).toContain('tok-keyword');
    expect(highlight(code, 'cobol')).toEqual([{ text: code, classes: '' }]);
  });
});

describe('a terminal’s text', () => {
  it('has its colours as classes, and no code left', () => {
    const pieces = ansiPieces('\u001b[0;31mValueError\u001b[0m: \u001b[1mno\u001b[22m\u001b[2K');
    expect(pieces).toEqual([
      { text: 'ValueError', classes: 'wv-ansi-1' },
      { text: ': ', classes: '' },
      { text: 'no', classes: 'wv-ansi-bold' },
    ]);
  });

  it('skips the numbers of a colour of its own', () => {
    expect(ansiPieces('\u001b[38;5;196mred\u001b[39m').map(piece => piece.text)).toEqual(['red']);
  });

  it('shows a progress bar as it last stood', () => {
    expect(
      ansiPieces('10%\r50%\r100%\ndone')
        .map(piece => piece.text)
        .join(''),
    ).toBe('100%\ndone');
  });
});

describe('Markdown', () => {
  const math = (tex: string, isBlock: boolean) => `<math data-block="${isBlock}">${tex}</math>`;

  it('draws formulas between dollars, and leaves prices alone', () => {
    expect(markdownToHtml('$x^2$ and $$y$$', {}, math)).toContain('<math data-block="false">x^2</math>');
    expect(markdownToHtml('$x^2$ and $$y$$', {}, math)).toContain('<math data-block="true">y</math>');
    expect(markdownToHtml('5 $ or 6 $ each', {}, math)).not.toContain('<math');
  });

  it('shows an attached picture from the notebook itself', () => {
    const html = markdownToHtml('![a](attachment:a.png)', { 'a.png': { 'image/png': 'AAAA' } }, null);
    expect(html).toContain('src="data:image/png;base64,AAAA"');
  });
});
