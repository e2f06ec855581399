/**
 * A shared notebook as plain values, for showing it without JupyterLab.
 *
 * Reads the layout of `@jupyter/ydoc`: an array `cells` of maps. A cell whose
 * content did not change keeps its identity, so that a view draws again only
 * what did.
 */
import * as Y from 'yjs';

import { Store } from '../client/observable';

export interface CellView {
  id: string;
  type: 'code' | 'markdown' | 'raw';
  source: string;
  executionCount: number | null;
  isRunning: boolean;
  outputs: readonly OutputView[];
  /** MIME bundles by the name of an attachment. */
  attachments: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export type OutputView =
  | { kind: 'stream'; isError: boolean; text: string }
  | { kind: 'data'; data: Readonly<Record<string, unknown>> }
  | { kind: 'error'; name: string; message: string; traceback: string };

export interface NotebookView {
  /** The language of its code, in lower case. */
  language: string;
  cells: readonly CellView[];
}

export const EMPTY_NOTEBOOK: NotebookView = { language: 'python', cells: [] };

export class NotebookReader {
  readonly store: Store<NotebookView>;
  private readonly cells: Y.Array<Y.Map<unknown>>;
  private readonly meta: Y.Map<unknown>;
  private readonly known = new Map<Y.Map<unknown>, CellView>();

  constructor(doc: Y.Doc) {
    this.cells = doc.getArray<Y.Map<unknown>>('cells');
    this.meta = doc.getMap('meta');
    this.store = new Store(this.read());
    this.cells.observeDeep(this.onCells);
    this.meta.observeDeep(this.onMeta);
  }

  dispose(): void {
    this.cells.unobserveDeep(this.onCells);
    this.meta.unobserveDeep(this.onMeta);
  }

  private readonly onCells = (events: readonly Y.YEvent<Y.AbstractType<unknown>>[]): void => {
    for (const event of events) {
      const [index] = event.path;
      const cell = typeof index === 'number' && event.target !== this.cells ? this.cells.get(index) : null;
      if (cell) {
        this.known.delete(cell);
      }
    }
    this.store.set(this.read());
  };

  private readonly onMeta = (): void => {
    this.store.set(this.read());
  };

  private read(): NotebookView {
    const present = this.cells.toArray();
    const cells = present.map(cell => {
      const view = this.known.get(cell) ?? readCell(cell);
      this.known.set(cell, view);
      return view;
    });
    const still = new Set(present);
    for (const cell of this.known.keys()) {
      if (!still.has(cell)) {
        this.known.delete(cell);
      }
    }
    return { language: languageOf(plain(this.meta)), cells };
  }
}

function languageOf(meta: unknown): string {
  const metadata = record(record(meta)['metadata']);
  // JupyterLab writes an empty name as long as no kernel runs.
  const language =
    text(record(metadata['language_info'])['name']) || text(record(metadata['kernelspec'])['language']);
  return language === '' ? EMPTY_NOTEBOOK.language : language.toLowerCase();
}

function readCell(cell: Y.Map<unknown>): CellView {
  const value = record(plain(cell));
  const type = value['cell_type'];
  return {
    id: text(value['id']),
    type: type === 'code' || type === 'markdown' ? type : 'raw',
    source: text(value['source']),
    executionCount: typeof value['execution_count'] === 'number' ? value['execution_count'] : null,
    isRunning: value['execution_state'] === 'running',
    outputs: list(value['outputs']).flatMap(output => readOutput(record(output))),
    attachments: record(value['attachments']) as CellView['attachments'],
  };
}

function readOutput(output: Record<string, unknown>): OutputView[] {
  switch (output['output_type']) {
    case 'stream':
      return [{ kind: 'stream', isError: output['name'] === 'stderr', text: text(output['text']) }];
    case 'display_data':
    case 'execute_result':
      return [{ kind: 'data', data: record(output['data']) }];
    case 'error':
      return [
        {
          kind: 'error',
          name: text(output['ename']),
          message: text(output['evalue']),
          traceback: list(output['traceback']).map(text).join('\n'),
        },
      ];
    default:
      return [];
  }
}

/** A shared type as JSON, shared text inside of it as strings. */
function plain(value: unknown): unknown {
  return value instanceof Y.AbstractType ? (value.toJSON() as unknown) : value;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A multi-line string of nbformat: one string, or lines that go together. */
export function text(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map(text).join('');
  }
  return typeof value === 'string' ? value : '';
}
