/** Others' markup in a shadow tree of its own, in the room's type and colours. */
import { useEffect, useMemo, useRef } from 'react';

import { clean } from './sanitise';

const BASE = `
  :host { display: block; contain: content; overflow-x: auto; color: inherit; font: inherit; }
  * { max-width: 100%; box-sizing: border-box; }
  h1, h2, h3, h4, h5, h6 { margin: 0.6em 0 0.4em; line-height: 1.25; }
  h1 { font-size: 1.5em; } h2 { font-size: 1.3em; } h3 { font-size: 1.15em; } h4, h5, h6 { font-size: 1em; }
  p, ul, ol, blockquote, pre, table { margin: 0 0 0.7em; }
  :last-child { margin-bottom: 0; }
  a { color: var(--wv-accent); }
  code, pre { font-family: var(--wv-mono); font-size: 0.92em; }
  code { padding: 0 0.25em; border-radius: 4px; background: var(--wv-subtle); }
  pre { overflow-x: auto; padding: 0.6em 0.8em; border-radius: 8px; background: var(--wv-subtle); }
  pre code { padding: 0; background: none; }
  blockquote { padding-inline-start: 0.8em; border-inline-start: 3px solid var(--wv-line-strong); color: var(--wv-text-soft); }
  img, svg { height: auto; }
  table { width: auto; max-width: none; border-collapse: collapse; font-size: 0.9em; font-variant-numeric: tabular-nums; }
  th, td { padding: 0.25em 0.6em; border: 0; text-align: start; vertical-align: top; }
  thead th { border-block-end: 1px solid var(--wv-line-strong); }
  tbody tr:nth-child(odd) { background: var(--wv-subtle); }
  math[display='block'] { overflow-x: auto; padding-block: 0.3em; }
`;

let base: CSSStyleSheet | null = null;

function baseSheet(): CSSStyleSheet {
  base ??= sheetOf(BASE);
  return base;
}

/** A style that the page's policy does not count as written into the page. */
function sheetOf(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

export function Markup({ html, className = '' }: { html: string; className?: string }) {
  const host = useRef<HTMLDivElement>(null);
  const markup = useMemo(() => clean(html), [html]);
  useEffect(() => {
    const element = host.current;
    if (element) {
      const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
      root.adoptedStyleSheets = [baseSheet(), ...markup.styles.map(sheetOf)];
      root.replaceChildren(markup.fragment.cloneNode(true));
    }
  }, [markup]);
  return <div ref={host} className={className} />;
}
