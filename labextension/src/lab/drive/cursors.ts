/**
 * Where the others are typing, with their names, in the editors of a room's notebook.
 *
 * Each page writes its own selection into the awareness field `cursors`, as
 * positions that stay with the text (Yjs relative positions), and draws those
 * of the others. Names and colours are those that the service stamped.
 */
import { type Extension, RangeSet, type Range } from '@codemirror/state';
import { Decoration, type EditorView, ViewPlugin, type ViewUpdate, WidgetType } from '@codemirror/view';
import { EditorExtensionRegistry, type IEditorExtensionFactory } from '@jupyterlab/codemirror';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

import { peopleIn, type Person } from '../../documents/people';
import { roomNotebookOf } from './readOnly';

/** A selection as it travels: both ends as JSON of a Yjs relative position. */
interface SharedSelection {
  anchor: unknown;
  head: unknown;
}

class CursorWidget extends WidgetType {
  constructor(private readonly person: Person) {
    super();
  }

  override eq(other: CursorWidget): boolean {
    return other.person.name === this.person.name && other.person.color === this.person.color;
  }

  override toDOM(): HTMLElement {
    const caret = document.createElement('span');
    caret.className = 'webvisio-cursor';
    caret.style.setProperty('--webvisio-person', this.person.color);
    const label = caret.appendChild(document.createElement('span'));
    label.className = 'webvisio-cursor-name';
    label.textContent = this.person.name;
    return caret;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

export const cursorsExtension: Readonly<IEditorExtensionFactory> = Object.freeze({
  name: 'webvisio-cursors',
  factory: ({ model }: IEditorExtensionFactory.IOptions) => {
    const notebook = roomNotebookOf(model.sharedModel);
    const { ysource } = model.sharedModel as { ysource?: Y.Text };
    if (!notebook || !ysource) {
      return null;
    }
    return EditorExtensionRegistry.createImmutableExtension(cursorsOf(ysource, notebook.awareness));
  },
});

export function cursorsOf(text: Y.Text, awareness: Awareness): Extension {
  class Cursors {
    decorations: RangeSet<Decoration>;
    private readonly onChange = (changes: Record<'added' | 'updated' | 'removed', number[]>): void => {
      const others = Object.values(changes)
        .flat()
        .some(client => client !== awareness.clientID);
      if (others) {
        queueMicrotask(() => {
          this.view.dispatch({});
        });
      }
    };

    constructor(private readonly view: EditorView) {
      awareness.on('change', this.onChange);
      this.decorations = this.draw();
    }

    update(update: ViewUpdate): void {
      if (update.selectionSet || update.focusChanged || update.docChanged) {
        this.publish(update.view);
      }
      this.decorations = this.draw();
    }

    destroy(): void {
      awareness.off('change', this.onChange);
    }

    private publish(view: EditorView): void {
      const { main } = view.state.selection;
      if (!view.hasFocus || main.to > text.length) {
        return;
      }
      const at = (offset: number): unknown =>
        Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, offset)) as unknown;
      awareness.setLocalStateField('cursors', [
        { anchor: at(main.anchor), head: at(main.head) } satisfies SharedSelection,
      ]);
    }

    private draw(): RangeSet<Decoration> {
      const marks: Range<Decoration>[] = [];
      for (const { person, state } of peopleIn(awareness)) {
        for (const selection of selectionsIn(state)) {
          const anchor = this.offsetOf(selection.anchor);
          const head = this.offsetOf(selection.head);
          if (anchor === null || head === null) {
            continue;
          }
          if (anchor !== head) {
            const attributes = { style: `background-color: ${person.color}33` };
            marks.push(
              Decoration.mark({ attributes, class: 'webvisio-selection' }).range(
                Math.min(anchor, head),
                Math.max(anchor, head),
              ),
            );
          }
          marks.push(Decoration.widget({ widget: new CursorWidget(person), side: 1 }).range(head));
        }
      }
      return RangeSet.of(marks, true);
    }

    /** Where a shared position lies in this editor; null when it is in another one. */
    private offsetOf(position: unknown): number | null {
      const doc = text.doc;
      if (!doc || typeof position !== 'object' || position === null) {
        return null;
      }
      const absolute = Y.createAbsolutePositionFromRelativePosition(
        Y.createRelativePositionFromJSON(position),
        doc,
      );
      return absolute?.type === text ? Math.min(absolute.index, this.view.state.doc.length) : null;
    }
  }
  return ViewPlugin.fromClass(Cursors, { decorations: plugin => plugin.decorations });
}

function selectionsIn(state: Record<string, unknown>): readonly SharedSelection[] {
  const { cursors } = state;
  return Array.isArray(cursors)
    ? cursors.filter(
        (one): one is SharedSelection =>
          typeof one === 'object' && one !== null && 'anchor' in one && 'head' in one,
      )
    : [];
}
