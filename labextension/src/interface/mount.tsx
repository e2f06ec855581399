/**
 * Puts a room's interface into an element, in JupyterLab or in the plain page.
 *
 * The view is attached to a `RoomSession`. Give one to keep the session alive
 * beyond the view (JupyterLab does: closing the tab must not end the session);
 * without one the view makes its own and ends it with itself.
 */
import type { Root } from 'react-dom/client';
import { createRoot } from 'react-dom/client';

import { RoomSession, type RoomSessionOptions } from '../client';
import { Store } from '../client/observable';
import type { RoomSnapshot } from '../client/state';

import { RoomView } from './RoomView';

export type RoomMode = 'full' | 'strip';
export type Place = 'lab' | 'page';

export interface RoomMountOptions {
  place: Place;
  /** `strip`: small tiles and five controls, for JupyterLab's sidebar. */
  mode?: RoomMode;
  /** In strip mode: a column (as in a sidebar) unless said otherwise. */
  stripShape?: 'column' | 'row';
  /** Where a hub user's own JupyterLab opens with this room in it; the plain page only. */
  labUrl?: string | null;
  /** Opens a notebook of the room in JupyterLab; JupyterLab only. */
  openDocument?: (roomId: string, documentId: string) => void;
  /** In strip mode: the person wants the whole room back. */
  onExpand?: () => void;
  /** Told whenever the room's state changes, e.g. for a status bar. */
  onStateChange?: (state: RoomSnapshot) => void;
}

export interface RoomHandle {
  readonly session: RoomSession;
  setMode(mode: RoomMode): void;
  /** Takes the view out of the element; the session goes on if it was given. */
  dispose(): void;
}

export function mountRoom(
  element: HTMLElement,
  session: RoomSession | RoomSessionOptions,
  options: RoomMountOptions,
): RoomHandle {
  const isOwn = !(session instanceof RoomSession);
  const attached = isOwn ? new RoomSession(session) : session;
  const mode = new Store<RoomMode>(options.mode ?? 'full');
  const root: Root = createRoot(element);
  let unwatchClient: (() => void) | undefined;
  const watch = () => {
    unwatchClient?.();
    const client = attached.client.get();
    unwatchClient = client?.store.subscribe(() => {
      options.onStateChange?.(client.store.get());
    });
  };
  const unwatch = attached.client.subscribe(watch);
  watch();
  if (attached.link.get().kind === 'loading') {
    void attached.load();
  }
  root.render(<RoomView session={attached} mode={mode} options={options} />);
  return {
    session: attached,
    setMode: next => {
      mode.set(next);
    },
    dispose: () => {
      unwatch();
      unwatchClient?.();
      root.unmount();
      if (isOwn) {
        attached.dispose();
      }
    },
  };
}
