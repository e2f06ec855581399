/** Keeps a reader's cells from being typed in; the rule may change while they are shown. */
import { Compartment, EditorState, Prec, type Extension } from '@codemirror/state';
import { ViewPlugin } from '@codemirror/view';
import { EditorExtensionRegistry, type IEditorExtensionFactory } from '@jupyterlab/codemirror';

import { RoomNotebook } from './notebookModel';

/** The room's notebook that an editor's model belongs to; null for everything else. */
export function roomNotebookOf(sharedModel: unknown): RoomNotebook | null {
  const { notebook } = sharedModel as { notebook?: unknown };
  return notebook instanceof RoomNotebook ? notebook : null;
}

export const readOnlyExtension: Readonly<IEditorExtensionFactory> = Object.freeze({
  name: 'webvisio-read-only',
  factory: ({ model }: IEditorExtensionFactory.IOptions) => {
    const notebook = roomNotebookOf(model.sharedModel);
    if (!notebook) {
      return null;
    }
    const compartment = new Compartment();
    const rule = (): Extension => Prec.highest(EditorState.readOnly.of(!notebook.writable));
    const follow = ViewPlugin.define(view => {
      const apply = (): void => {
        // Not from within an update of the editor, during which none may be dispatched.
        queueMicrotask(() => {
          view.dispatch({ effects: compartment.reconfigure(rule()) });
        });
      };
      notebook.ruleChanged.connect(apply);
      return {
        destroy: () => {
          notebook.ruleChanged.disconnect(apply);
        },
      };
    });
    return EditorExtensionRegistry.createImmutableExtension([compartment.of(rule()), follow]);
  },
});
