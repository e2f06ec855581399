/** Watching the open room from React and from Lumino, across the moment when its client appears. */
import { useSyncExternalStore } from 'react';

import type { RoomClient } from '../client';
import { Store, type Unsubscribe } from '../client/observable';

import { type RoomSummary, sameSummary, summarise } from './summary';
import type { IRoomService, OpenRoom } from './tokens';

/** A store's value, kept up to date in a component. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** The open room with its client and summary; null while none is open or its link is not read yet. */
export interface WatchedRoom {
  room: OpenRoom;
  client: RoomClient;
  summary: RoomSummary;
}

/**
 * Follows the open room of `service`: the room, then its client, then what changes in it.
 *
 * `dispose` unsubscribes from everything.
 */
export class RoomWatch {
  readonly store = new Store<WatchedRoom | null>(null);
  private readonly unwatchService: Unsubscribe;
  private inner: Unsubscribe[] = [];

  constructor(service: IRoomService) {
    const follow = (): void => {
      this.follow(service.openRoom.get());
    };
    this.unwatchService = service.openRoom.subscribe(follow);
    follow();
  }

  dispose(): void {
    this.unwatchService();
    this.unfollow();
  }

  private follow(room: OpenRoom | null): void {
    this.unfollow();
    if (!room) {
      this.store.set(null);
      return;
    }
    const followClient = (): void => {
      this.unfollow();
      this.inner.push(room.session.client.subscribe(followClient));
      const client = room.session.client.get();
      if (!client) {
        this.store.set(null);
        return;
      }
      const tell = (): void => {
        const summary = summarise(client.store.get(), client.media.store.get());
        const known = this.store.get();
        // Most messages of a room change nothing that is shown here.
        if (known?.client !== client || !sameSummary(known.summary, summary)) {
          this.store.set({ room, client, summary });
        }
      };
      this.inner.push(client.store.subscribe(tell), client.media.store.subscribe(tell));
      tell();
    };
    followClient();
  }

  private unfollow(): void {
    for (const unsubscribe of this.inner) {
      unsubscribe();
    }
    this.inner = [];
  }
}
