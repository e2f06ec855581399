import { useMemo } from 'react';

import { myself, type RoomClient } from '../client';

import type { BarActions } from './Bar';

/** The bar's verbs over the client; those of panels belong to the room. */
export function useOwnActions(client: RoomClient): Omit<BarActions, 'togglePanel'> {
  return useMemo(() => {
    const isOn = (source: 'microphone' | 'camera' | 'screen') => client.store.get().own[source];
    return {
      toggleMicrophone: () => void client.setSource('microphone', !isOn('microphone')),
      toggleCamera: () => void client.setSource('camera', !isOn('camera')),
      toggleShare: () => void (isOn('screen') ? client.stopSharing() : client.startSharing()),
      toggleHand: () => {
        client.raiseHand(myself(client.store.get())?.handRaisedAt == null);
      },
      leave: () => {
        client.leave();
      },
    };
  }, [client]);
}
