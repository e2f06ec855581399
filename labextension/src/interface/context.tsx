/** What every component of a room may ask for: the session, the words, where it is shown. */
import { createContext, useContext, useSyncExternalStore } from 'react';

import type { RoomClient, RoomSession } from '../client';
import type { Store } from '../client/observable';
import type { RoomSnapshot } from '../client/state';
import type { Locale, Words } from '../words';

import type { Place, RoomMountOptions } from './mount';

export interface RoomContext {
  session: RoomSession;
  words: Words;
  locale: Locale;
  place: Place;
  options: RoomMountOptions;
}

const Context = createContext<RoomContext | null>(null);
export const RoomProvider = Context.Provider;

export function useRoom(): RoomContext {
  const context = useContext(Context);
  if (!context) {
    throw new Error('a room component is used outside of its provider');
  }
  return context;
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

const ClientContext = createContext<RoomClient | null>(null);
export const ClientProvider = ClientContext.Provider;

/** The client of the room; only below a `ClientProvider`. */
export function useClient(): RoomClient {
  const client = useContext(ClientContext);
  if (!client) {
    throw new Error('a room component is used before its link is known');
  }
  return client;
}

export function useSnapshot(): RoomSnapshot {
  return useStore(useClient().store);
}
