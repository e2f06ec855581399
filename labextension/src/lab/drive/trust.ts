/**
 * Whose outputs may run scripts in this page: those that this page's own runs made, no others.
 *
 * JupyterLab keeps trust in a cell's metadata, and believes whatever a trusted
 * cell is given. In a document that several write, both are somebody else's
 * word: a trainee's would run in the trainer's JupyterLab, with their kernels
 * and files. So trust is neither read from the document nor written into it,
 * and what comes from others is made as untrusted, whatever the cell is. Who
 * asks JupyterLab to trust a notebook trusts what stands there at that moment.
 */
import type { YCellType } from '@jupyter/ydoc';
import type { ICodeCellModel } from '@jupyterlab/cells';
import type { CellList } from '@jupyterlab/notebook';
import type { IOutputAreaModel } from '@jupyterlab/outputarea';

const TRUST = 'trusted';
const forgotten = new WeakSet<object>();

interface Metadata {
  getMetadata: (key?: string) => unknown;
  setMetadata: (metadata: unknown, value?: unknown) => void;
}

/** Keeps trust out of what a shared cell tells and takes; also when it is copied to one's files. */
export function forgetTrust(cell: YCellType): void {
  if (forgotten.has(cell)) {
    return;
  }
  forgotten.add(cell);
  // Overloads, which an assignment cannot meet.
  const told = cell as unknown as Metadata;
  const read = told.getMetadata.bind(cell);
  const write = told.setMetadata.bind(cell);
  told.getMetadata = key => (key === undefined ? without(read()) : key === TRUST ? undefined : read(key));
  told.setMetadata = (metadata, value) => {
    if (typeof metadata !== 'string') {
      write(without(metadata));
    } else if (metadata !== TRUST) {
      write(metadata, value);
    }
  };
}

/** Makes what others put into a notebook's cells untrusted, for as long as the cells live. */
export function distrustOthers(cells: CellList, notebook: { readonly hearsOthers: boolean }): void {
  const guard = (): void => {
    for (const cell of cells) {
      if (cell.type === 'code') {
        distrust((cell as ICodeCellModel).outputs, notebook);
      }
    }
  };
  cells.changed.connect(guard);
  guard();
}

function distrust(outputs: IOutputAreaModel, notebook: { readonly hearsOthers: boolean }): void {
  if (forgotten.has(outputs)) {
    return;
  }
  forgotten.add(outputs);
  const { contentFactory } = outputs;
  const guarded: IOutputAreaModel.IContentFactory = {
    createOutputModel: options =>
      contentFactory.createOutputModel({
        ...options,
        trusted: options.trusted === true && !notebook.hearsOthers,
      }),
  };
  Object.defineProperty(outputs, 'contentFactory', { value: guarded });
}

function without(metadata: unknown): unknown {
  return Object.fromEntries(Object.entries(metadata ?? {}).filter(([key]) => key !== TRUST));
}
