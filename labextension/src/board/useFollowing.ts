/** Follows the view of whoever leads at a board, until one looks around oneself. */
import { useEffect, useState } from 'react';

import type { LiveDocument } from '../documents';

import { NOT_MINE, type AppState, type BoardApi, type Bounds } from './excalidraw';
import { others } from './presence';

interface Following {
  live: LiveDocument;
  api: BoardApi | null;
  /** This person is to follow, unless they chose otherwise. */
  wishes: boolean;
  /** What to show of what the leader sees; null where that is none of this board. */
  show: (bounds: Bounds, appState: AppState) => Partial<AppState> | null;
}

export function useFollowing({ live, api, wishes, show }: Following) {
  const [isFollowing, setFollowing] = useState(wishes);
  const [hasLeader, setLeader] = useState(false);
  const { awareness } = live;
  useEffect(() => {
    setFollowing(wishes);
  }, [wishes]);
  useEffect(() => {
    let shown = '';
    const look = () => {
      const { led } = others(awareness);
      const view = api && led ? show(led, api.getAppState()) : null;
      setLeader(wishes && view !== null);
      if (api && wishes && isFollowing && view && led && led.join() !== shown) {
        shown = led.join();
        api.updateScene({ appState: view, captureUpdate: NOT_MINE });
      }
    };
    awareness.on('change', look);
    look();
    return () => {
      awareness.off('change', look);
    };
  }, [awareness, api, wishes, isFollowing, show]);
  return {
    isFollowing: wishes && isFollowing && hasLeader,
    hasLeader,
    follow: () => {
      setFollowing(true);
    },
    looked: () => {
      if (hasLeader) {
        setFollowing(false);
      }
    },
  };
}
