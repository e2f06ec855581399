/** A cell's or an output's Markdown; mathematics are fetched when there are any. */
import { memo, useEffect, useMemo, useState } from 'react';

import type { CellView } from '../../../documents/notebook';

import { hasMath, markdownToHtml, type MathRenderer } from './markdownHtml';
import { Markup } from './Markup';

let math: MathRenderer | null = null;

async function loadMath(): Promise<MathRenderer> {
  const { default: katex } = await import('katex');
  math = (tex, isBlock) =>
    // MathML alone: every browser draws it by itself, no fonts to fetch.
    katex.renderToString(tex, {
      displayMode: isBlock,
      output: 'mathml',
      throwOnError: false,
      trust: false,
      maxExpand: 200,
      maxSize: 20,
    });
  return math;
}

interface MarkdownProps {
  source: string;
  attachments: CellView['attachments'];
}

export const Markdown = memo(function Markdown({ source, attachments }: MarkdownProps) {
  const [renderer, setRenderer] = useState<MathRenderer | null>(() => math);
  const wantsMath = hasMath(source);
  useEffect(() => {
    if (!wantsMath || renderer) {
      return undefined;
    }
    let isHere = true;
    loadMath().then(
      loaded => {
        if (isHere) {
          setRenderer(() => loaded);
        }
      },
      () => {
        // Without it the formula stays as it was written.
      },
    );
    return () => {
      isHere = false;
    };
  }, [wantsMath, renderer]);
  const html = useMemo(() => markdownToHtml(source, attachments, renderer), [source, attachments, renderer]);
  return <Markup html={html} className="wv-markdown" />;
});
