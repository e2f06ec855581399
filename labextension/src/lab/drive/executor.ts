/**
 * Who runs a cell of a room's notebook, and where its output goes.
 *
 * A writer runs it in their own kernel, and the output is the document's. A
 * reader runs it in their own kernel too, into an output area that is no part
 * of the document: only they see it. Under a helping hand the trainer's run is
 * asked of the owner's page, whose kernel it is.
 */
import { Notification, type ISessionContext } from '@jupyterlab/apputils';
import { CodeCell } from '@jupyterlab/cells';
import { type INotebookCellExecutor, runCell } from '@jupyterlab/notebook';
import { OutputArea, OutputAreaModel } from '@jupyterlab/outputarea';
import type { PanelLayout } from '@lumino/widgets';

import { peopleIn } from '../../documents/people';

import { STAYS } from '../telling';

import { RoomNotebook } from './notebookModel';
import type { DriveWords } from './words';

/** In the presence of a page of a copy's owner: cells can be run there, for it is JupyterLab's. */
export const RUNS_CELLS = 'runs';

function hasKernelPage(notebook: RoomNotebook, owner: string): boolean {
  return peopleIn(notebook.awareness).some(
    ({ person, state }) => person.name === owner && state[RUNS_CELLS] === true,
  );
}

export type RunOptions = INotebookCellExecutor.IRunCellOptions;

/** Private outputs by cell; they go with the cell's widget. */
const privateAreas = new WeakMap<CodeCell, OutputArea>();

export class RoomExecutor implements INotebookCellExecutor {
  constructor(
    private readonly words: DriveWords,
    /** Says that this notebook is run in its owner's kernel, under a helping hand. */
    private readonly isHelped: (notebook: RoomNotebook) => boolean,
  ) {}

  async runCell(options: RunOptions): Promise<boolean> {
    const { cell, notebook, sessionContext } = options;
    const shared = notebook.sharedModel;
    if (!(shared instanceof RoomNotebook) || !(cell instanceof CodeCell)) {
      return runCell(options);
    }
    if (this.isHelped(shared)) {
      const owner = shared.document?.copy?.ownerName ?? '';
      if (!hasKernelPage(shared, owner)) {
        Notification.warning(this.words.nobodyRuns(owner), STAYS);
        return false;
      }
      options.onCellExecutionScheduled({ cell });
      const success =
        shared.connection?.tell({ type: 'run_cell', cellId: cell.model.sharedModel.getId() }) ?? false;
      options.onCellExecuted({ cell, success });
      return success;
    }
    if (sessionContext) {
      // The kernel may take a while to start: the cell says at once that it will run.
      cell.inputArea?.setPrompt('*');
      await ensureKernel(sessionContext).catch((failure: unknown) => {
        cell.inputArea?.setPrompt(`${cell.model.executionCount ?? ''}`);
        throw failure;
      });
    }
    return shared.writable ? runCell(options) : this.runPrivately(options, cell);
  }

  private async runPrivately(options: RunOptions, cell: CodeCell): Promise<boolean> {
    const { sessionContext, onCellExecuted, onCellExecutionScheduled } = options;
    const settled = `${cell.model.executionCount ?? ''}`;
    if (!sessionContext || sessionContext.hasNoKernel) {
      cell.inputArea?.setPrompt(settled);
      return false;
    }
    onCellExecutionScheduled({ cell });
    const reply = await OutputArea.execute(
      cell.model.sharedModel.getSource(),
      this.privateAreaOf(cell),
      sessionContext,
    ).catch(() => undefined);
    const success = reply?.content.status === 'ok';
    if (!cell.isDisposed) {
      cell.inputArea?.setPrompt(settled);
      onCellExecuted({ cell, success });
    }
    return success;
  }

  private privateAreaOf(cell: CodeCell): OutputArea {
    const known = privateAreas.get(cell);
    if (known && !known.isDisposed) {
      return known;
    }
    const area = new OutputArea({
      model: new OutputAreaModel({ trusted: true }),
      rendermime: cell.outputArea.rendermime,
      contentFactory: OutputArea.defaultContentFactory,
    });
    area.addClass('webvisio-private-output');
    area.node.setAttribute('role', 'group');
    area.node.setAttribute('aria-label', this.words.privateOutput);
    area.node.dataset['label'] = this.words.privateOutput;
    (cell.layout as PanelLayout).addWidget(area);
    privateAreas.set(cell, area);
    cell.disposed.connect(() => {
      area.dispose();
    });
    return area;
  }
}

/** Kernels that are starting: two cells run one after the other need one kernel, not two. */
const starting = new WeakMap<ISessionContext, Promise<unknown>>();

/** Starts one's own kernel for a notebook that was opened without one. */
export async function ensureKernel(context: ISessionContext): Promise<void> {
  await context.ready;
  if (!starting.has(context) && context.hasNoKernel && !context.isTerminating) {
    context.kernelPreference = { ...context.kernelPreference, shouldStart: true, autoStartDefault: true };
    const started = context.startKernel().finally(() => starting.delete(context));
    starting.set(context, started);
  }
  await starting.get(context);
}
