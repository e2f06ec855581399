import { useEffect, type RefObject } from 'react';

import type { Place } from './mount';

/** Single keys, as the bar announces them; in JupyterLab only while the room has the focus. */
export function useShortcuts(
  root: RefObject<HTMLElement>,
  place: Place,
  keys: Readonly<Record<string, () => void>>,
): void {
  useEffect(() => {
    const target: Document | HTMLElement | null = place === 'page' ? document : root.current;
    const listen = (event: Event) => {
      if (
        !(event instanceof KeyboardEvent) ||
        event.ctrlKey ||
        event.altKey ||
        event.metaKey ||
        event.repeat
      ) {
        return;
      }
      const act = keys[event.key.toLowerCase()];
      if (act && !isTyping(event.target)) {
        event.preventDefault();
        event.stopPropagation();
        act();
      }
    };
    target?.addEventListener('keydown', listen);
    return () => {
      target?.removeEventListener('keydown', listen);
    };
  }, [root, place, keys]);
}

/** Whether a key belongs to what is being written or chosen. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest('input, textarea, select, dialog, [role="menu"]') !== null)
  );
}
