/** Tells the others at a board where one is, not too often; the last word is always said. */
import { useCallback, useEffect, useRef } from 'react';

import type { LiveDocument } from '../documents';

import type { OwnPresence } from './presence';

/** Cursors and the leader's view are told so often. */
const PRESENCE_INTERVAL_MS = 60;

export function usePresence(live: LiveDocument): (presence: OwnPresence) => void {
  const waiting = useRef<OwnPresence>({});
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const toldAt = useRef(0);
  const say = useCallback(() => {
    timer.current = null;
    toldAt.current = Date.now();
    const present = live.awareness.getLocalState() ?? {};
    live.awareness.setLocalState({ ...present, ...waiting.current });
    waiting.current = {};
  }, [live]);
  useEffect(
    () => () => {
      if (timer.current) {
        clearTimeout(timer.current);
        timer.current = null;
      }
    },
    [live],
  );
  return useCallback(
    presence => {
      waiting.current = { ...waiting.current, ...presence };
      timer.current ??= setTimeout(say, Math.max(0, toldAt.current + PRESENCE_INTERVAL_MS - Date.now()));
    },
    [say],
  );
}
