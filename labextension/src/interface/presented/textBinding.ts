/**
 * Keeps a text field and a `Y.Text` the same, letter by letter.
 *
 * What was typed is found by comparing (one place changes at a time in a
 * field), so any way to write works: keyboards, dictation, phones. What others
 * write moves this person's selection along.
 */
import * as Y from 'yjs';

export interface Edit {
  at: number;
  removed: number;
  inserted: string;
}

/** The one change between two texts; `caret` is where the field stands after it. */
export function editBetween(before: string, after: string, caret: number): Edit {
  const most = Math.min(before.length, after.length);
  const grown = after.length - before.length;
  // What was typed ends at the caret: "aa" typed into "aaa" went where the caret says.
  const latest = Math.min(most, Math.max(0, caret - Math.max(0, grown)));
  let start = 0;
  while (start < latest && before[start] === after[start]) {
    start += 1;
  }
  if (isLowSurrogate(before, start) || isLowSurrogate(after, start)) {
    start -= 1;
  }
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) {
    end += 1;
  }
  if (isLowSurrogate(before, before.length - end)) {
    end -= 1;
  }
  return {
    at: start,
    removed: before.length - start - end,
    inserted: after.slice(start, after.length - end),
  };
}

function isLowSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff;
}

/** Where a place in the text is after others changed it. */
export function moved(place: number, delta: Y.YTextEvent['delta']): number {
  let at = 0;
  let result = place;
  for (const step of delta) {
    if (step.retain !== undefined) {
      at += step.retain;
    } else if (step.insert !== undefined) {
      const { length } = step.insert as string;
      // What somebody writes right where I stand comes after me.
      if (at < result) {
        result += length;
      }
      at += length;
    } else if (step.delete !== undefined) {
      result -= Math.max(0, Math.min(step.delete, result - at));
    }
  }
  return result;
}

export class TextBinding {
  private readonly undos: Y.UndoManager;

  constructor(
    private readonly text: Y.Text,
    private readonly field: HTMLTextAreaElement,
    private readonly onChange: (text: string) => void,
  ) {
    this.undos = new Y.UndoManager(text, { trackedOrigins: new Set([this]) });
    field.value = text.toJSON();
    onChange(field.value);
    text.observe(this.onText);
    field.addEventListener('input', this.onInput);
    field.addEventListener('beforeinput', this.onBeforeInput);
    field.addEventListener('keydown', this.onKey);
  }

  dispose(): void {
    this.text.unobserve(this.onText);
    this.field.removeEventListener('input', this.onInput);
    this.field.removeEventListener('beforeinput', this.onBeforeInput);
    this.field.removeEventListener('keydown', this.onKey);
    this.undos.destroy();
  }

  private readonly onInput = (): void => {
    const before = this.text.toJSON();
    const after = this.field.value;
    if (before === after) {
      return;
    }
    const { at, removed, inserted } = editBetween(before, after, this.field.selectionEnd);
    this.text.doc?.transact(() => {
      this.text.delete(at, removed);
      this.text.insert(at, inserted);
    }, this);
  };

  /** The field's own undo knows nothing of the others: ours undoes this person's changes alone. */
  private readonly onBeforeInput = (event: InputEvent): void => {
    if (event.inputType === 'historyUndo' || event.inputType === 'historyRedo') {
      event.preventDefault();
      this.go(event.inputType === 'historyUndo');
    }
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (key === 'z' || key === 'y')) {
      event.preventDefault();
      event.stopPropagation();
      this.go(key === 'z' && !event.shiftKey);
    }
  };

  private go(isBack: boolean): void {
    if (isBack) {
      this.undos.undo();
    } else {
      this.undos.redo();
    }
  }

  private readonly onText = (event: Y.YTextEvent, transaction: Y.Transaction): void => {
    const { field } = this;
    if (transaction.origin !== this) {
      const { selectionStart, selectionEnd, selectionDirection, scrollTop } = field;
      field.value = this.text.toJSON();
      field.setSelectionRange(
        moved(selectionStart, event.delta),
        moved(selectionEnd, event.delta),
        selectionDirection,
      );
      field.scrollTop = scrollTop;
    }
    this.onChange(field.value);
  };
}
