/** What a cell brought forth, the richest form that is safe to show. */
import { memo, useMemo } from 'react';

import { text, type OutputView } from '../../../documents/notebook';
import { useRoom } from '../../context';

import { ansiPieces } from './ansi';
import { Markdown } from './Markdown';
import { Markup } from './Markup';
import { clean, svgAsImage } from './sanitise';

/** Longer text is cut: a cell that printed a million lines must not take the room down. */
export const MOST_TEXT = 60_000;
/** Larger markup is not shown at all. */
export const MOST_MARKUP = 4_000_000;

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;

export const Outputs = memo(function Outputs({
  outputs,
  label,
}: {
  outputs: readonly OutputView[];
  label: string;
}) {
  return (
    // Wide results scroll in themselves, by keyboard too.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="wv-outputs" role="group" aria-label={label} tabIndex={0} data-testid="outputs">
      {outputs.map((output, index) => (
        <Output key={index} output={output} label={label} />
      ))}
    </div>
  );
});

function Output({ output, label }: { output: OutputView; label: string }) {
  switch (output.kind) {
    case 'stream':
      return <Terminal value={output.text} isError={output.isError} />;
    case 'error':
      return <Terminal value={output.traceback || `${output.name}: ${output.message}`} isError />;
    case 'data':
      return <Data data={output.data} label={label} />;
  }
}

function Terminal({ value, isError = false }: { value: string; isError?: boolean }) {
  const { words } = useRoom();
  const pieces = useMemo(() => ansiPieces(value.slice(0, MOST_TEXT)), [value]);
  return (
    <>
      <pre className={`wv-output-text ${isError ? 'wv-output-error' : ''}`}>
        {pieces.map((piece, index) => (
          <span key={index} className={piece.classes || undefined}>
            {piece.text}
          </span>
        ))}
      </pre>
      {value.length > MOST_TEXT && <p className="wv-field-hint">{words('notebook.truncated')}</p>}
    </>
  );
}

function Data({ data, label }: { data: Readonly<Record<string, unknown>>; label: string }) {
  const { words } = useRoom();
  const html = text(data['text/html']);
  const isHtml = useMemo(() => html !== '' && html.length <= MOST_MARKUP && clean(html).isVisible, [html]);
  const plain = text(data['text/plain']);
  if (isHtml) {
    return <Markup html={html} className="wv-output-markup" />;
  }
  const markdown = text(data['text/markdown']) || text(data['text/latex']);
  if (markdown !== '') {
    return <Markdown source={markdown} attachments={{}} />;
  }
  const svg = text(data['image/svg+xml']);
  if (svg !== '' && svg.length <= MOST_MARKUP) {
    return <img className="wv-output-picture" src={svgAsImage(svg)} alt={plain || label} />;
  }
  const picture = PICTURES.find(type => text(data[type]) !== '');
  if (picture) {
    return (
      <img
        className="wv-output-picture"
        src={`data:${picture};base64,${text(data[picture]).replace(/\s/g, '')}`}
        alt={plain || label}
      />
    );
  }
  if ('application/json' in data) {
    return <Terminal value={JSON.stringify(data['application/json'], null, 2)} />;
  }
  return plain === '' ? (
    <p className="wv-field-hint">{words('notebook.unsupported')}</p>
  ) : (
    <Terminal value={plain} />
  );
}
