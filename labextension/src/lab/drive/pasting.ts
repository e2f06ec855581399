/** Refuses what is too long to be pasted into a cell of a room's notebook (see `interface/pasting.ts`). */
import { Prec } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { Notification } from '@jupyterlab/apputils';
import { EditorExtensionRegistry, type IEditorExtensionFactory } from '@jupyterlab/codemirror';

import { mostOf, textIn } from '../../interface/pasting';

import { STAYS } from '../telling';

import { roomNotebookOf } from './readOnly';
import type { DriveWords } from './words';

export function pasteExtension(words: DriveWords): Readonly<IEditorExtensionFactory> {
  const guard = (event: ClipboardEvent | DragEvent): boolean => {
    const { length } = textIn(event);
    const most = mostOf(null, length);
    if (most === null) {
      return false;
    }
    event.preventDefault();
    Notification.error(words.tooLong(length, most), STAYS);
    return true;
  };
  return Object.freeze({
    name: 'webvisio-paste',
    factory: ({ model }: IEditorExtensionFactory.IOptions) =>
      roomNotebookOf(model.sharedModel)
        ? EditorExtensionRegistry.createImmutableExtension([
            Prec.highest(EditorView.domEventHandlers({ paste: guard, drop: guard })),
          ])
        : null,
  });
}
