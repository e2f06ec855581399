/**
 * What the trainer puts before everybody, in JupyterLab.
 *
 * While one follows, the presented notebook opens by itself; whoever is in the
 * middle of a word, or follows no longer, is offered it instead. While one
 * presents a notebook of the room, the next of them that one turns to is
 * presented in its place.
 */
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import type { RoomClient } from '../../client';
import type { Store } from '../../client/observable';
import { findParticipant, moderates } from '../../client/state';

import type { RoomDrive } from './drive';
import { roomNotebookIn } from './commands';
import type { DriveState } from './state';

export interface Presenting {
  open: (roomId: string, documentId: string) => void;
  /** Tells that `by` presents something now (null: they are gone), and how to see it. */
  offer: (by: string | null, accept: () => void) => void;
  /** Whether the person is typing somewhere: nothing may take their keys. */
  isTyping: () => boolean;
}

export function openPresented(
  clients: Store<RoomClient | null>,
  state: DriveState,
  { open, offer, isTyping }: Presenting,
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
    const { presented } = room;
    const target = presented?.kind === 'document' ? presented.target : null;
    if (target === shown) {
      return;
    }
    shown = target;
    if (!presented || target === null || moderates(room)) {
      return;
    }
    if (state.isFollowing.get() && !isTyping()) {
      open(client.roomId, target);
      return;
    }
    const by = presented.by === null ? undefined : findParticipant(room, presented.by);
    offer(by?.name ?? null, () => {
      state.isFollowing.set(true);
      open(client.roomId, target);
    });
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

/** Whether the keyboard's focus is where one writes. */
export function isTyping(): boolean {
  const focused = document.activeElement;
  return (
    focused instanceof HTMLElement &&
    (focused.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(focused.tagName))
  );
}

export function presentWhatOneTurnsTo(
  tracker: INotebookTracker,
  drive: RoomDrive,
  clients: Store<RoomClient | null>,
): void {
  const turn = (panel: NotebookPanel | null): void => {
    const notebook = roomNotebookIn(panel);
    const client = clients.get();
    const room = client?.store.get();
    if (!panel || !notebook || !client || room?.presented?.kind !== 'document' || !moderates(room)) {
      return;
    }
    const { document } = notebook;
    if (!document) {
      const again = (): void => {
        notebook.connected.disconnect(again);
        if (tracker.currentWidget === panel) {
          turn(panel);
        }
      };
      notebook.connected.connect(again);
      return;
    }
    const isOthersToSee = document.copy === null && document.rule !== 'hidden';
    if (
      isOthersToSee &&
      room.presented.by === room.me &&
      room.presented.target !== document.documentId &&
      drive.documentAt(panel.context.path)?.roomId === client.roomId
    ) {
      client.present({ kind: 'document', target: document.documentId, page: null, by: null });
    }
  };
  tracker.currentChanged.connect((_, panel) => {
    turn(panel);
  });
}
