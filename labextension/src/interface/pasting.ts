/**
 * Text that is pasted or dropped and too long: refused whole, in words.
 *
 * A field with a limit would cut it without a word; one without would freeze the
 * page, and the service would throw the change out with all that was written
 * beside it.
 */
import { useEffect, type RefObject } from 'react';

import type { RoomClient } from '../client';

/** As much as is taken at once: a long book. */
export const MAX_PASTE_CHARACTERS = 1_000_000;

/** How many characters the target still takes where `pasted` are too many; null when they fit. */
export function mostOf(target: EventTarget | null, pasted: number): number | null {
  let most = MAX_PASTE_CHARACTERS;
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
    const { maxLength, value, selectionStart, selectionEnd } = target;
    const selected = (selectionEnd ?? 0) - (selectionStart ?? 0);
    most = maxLength < 0 ? most : Math.min(most, maxLength - value.length + selected);
  }
  return pasted > most ? most : null;
}

/** The text that an event brings; empty when it brings files. */
export function textIn(event: ClipboardEvent | DragEvent): string {
  const brought = 'clipboardData' in event ? event.clipboardData : event.dataTransfer;
  return brought?.getData('text/plain') ?? '';
}

/** Refuses what is too long anywhere in the room, before any field hears of it. */
export function usePasteGuard(root: RefObject<HTMLElement>, client: RoomClient): void {
  useEffect(() => {
    const element = root.current;
    const guard = (event: ClipboardEvent | DragEvent): void => {
      const { length } = textIn(event);
      const most = mostOf(event.target, length);
      if (most !== null) {
        event.preventDefault();
        event.stopPropagation();
        client.notices.emit({ kind: 'too_long', pasted: length, most });
      }
    };
    element?.addEventListener('paste', guard, true);
    element?.addEventListener('drop', guard, true);
    return () => {
      element?.removeEventListener('paste', guard, true);
      element?.removeEventListener('drop', guard, true);
    };
  }, [root, client]);
}
