/** Tells the others at a board where one is, not too often; the last word is always said. */
import { useCallback, useEffect, useMemo, useRef } from 'react';

import type { LiveDocument } from '../documents';
import { Pace } from '../documents/pace';

import type { OwnPresence } from './presence';

/** Cursors and the leader's view are told so often. */
const PRESENCE_INTERVAL_MS = 60;

export function usePresence(live: LiveDocument): (presence: OwnPresence) => void {
  const waiting = useRef<OwnPresence>({});
  const pace = useMemo(
    () =>
      new Pace(PRESENCE_INTERVAL_MS, () => {
        const present = live.awareness.getLocalState() ?? {};
        live.awareness.setLocalState({ ...present, ...waiting.current });
        waiting.current = {};
      }),
    [live],
  );
  useEffect(
    () => () => {
      pace.stop();
    },
    [pace],
  );
  return useCallback(
    presence => {
      waiting.current = { ...waiting.current, ...presence };
      pace.ask();
    },
    [pace],
  );
}
