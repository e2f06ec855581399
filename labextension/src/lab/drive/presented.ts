/** Opens in JupyterLab the notebook that the trainer puts before everybody, while one follows. */
import type { RoomClient } from '../../client';
import type { Store } from '../../client/observable';
import { moderates } from '../../client/state';

import type { DriveState } from './state';

export function openPresented(
  clients: Store<RoomClient | null>,
  state: DriveState,
  open: (roomId: string, documentId: string) => void,
): () => void {
  let shown: string | null = null;
  let unwatch: () => void = () => undefined;
  const follow = (): void => {
    const client = clients.get();
    const room = client?.store.get();
    if (!client || room?.phase.kind !== 'inside') {
      shown = null;
      return;
    }
    const target = room.presented?.kind === 'document' ? room.presented.target : null;
    if (target === shown) {
      return;
    }
    shown = target;
    if (target !== null && state.isFollowing.get() && !moderates(room)) {
      open(client.roomId, target);
    }
  };
  const watch = (): void => {
    unwatch();
    unwatch = clients.get()?.store.subscribe(follow) ?? (() => undefined);
    follow();
  };
  const stop = clients.subscribe(watch);
  watch();
  return () => {
    stop();
    unwatch();
  };
}
