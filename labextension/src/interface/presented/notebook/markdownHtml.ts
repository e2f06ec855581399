/** Markdown as JupyterLab reads it: GitHub's flavour, with mathematics between dollars. */
import { Marked, type TokenizerAndRendererExtension } from 'marked';

import type { CellView } from '../../../documents/notebook';

/** Draws a formula as MathML. */
export type MathRenderer = (tex: string, isBlock: boolean) => string;

const BLOCK = /^\$\$([\s\S]+?)\$\$/;
const INLINE = /^\$(?!\s)((?:\\.|[^$\\\n])+?)(?<!\s)\$(?!\d)/;

function mathExtension(math: MathRenderer, name: string, isBlock: boolean): TokenizerAndRendererExtension {
  const pattern = isBlock ? BLOCK : INLINE;
  return {
    name,
    level: 'inline',
    start: source => {
      const at = source.indexOf('$');
      return at < 0 ? undefined : at;
    },
    tokenizer: source => {
      const found = pattern.exec(source);
      return found ? { type: name, raw: found[0], tex: found[1] ?? '' } : undefined;
    },
    renderer: token => math(String(token['tex']), isBlock),
  };
}

/** Turns a cell's Markdown into HTML, which is still to be sanitised. */
export function markdownToHtml(
  source: string,
  attachments: CellView['attachments'],
  math: MathRenderer | null,
): string {
  const marked = new Marked({ gfm: true, async: false });
  if (math) {
    marked.use({ extensions: [mathExtension(math, 'blockMath', true), mathExtension(math, 'math', false)] });
  }
  return marked.parse(withAttachments(source, attachments), { async: false });
}

export function hasMath(source: string): boolean {
  return source.includes('$');
}

function withAttachments(source: string, attachments: CellView['attachments']): string {
  return source.replace(/\(attachment:([^)\s]+)\)/g, (whole, name: string) => {
    const bundle = attachments[name] ?? attachments[decodeURIComponent(name)];
    const [type, data] = Object.entries(bundle ?? {})[0] ?? [];
    return type?.startsWith('image/') && typeof data === 'string' ? `(data:${type};base64,${data})` : whole;
  });
}
