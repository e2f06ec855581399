/** The launcher: one card for the only room, or one for each of several. */
import type { ILauncher } from '@jupyterlab/launcher';
import { DisposableSet, type IDisposable } from '@lumino/disposable';

import { CommandIds } from './commandIds';
import type { IRoomService, RoomsState } from './tokens';

/** More cards than these would push the kernels off the launcher; the sidebar has all rooms. */
export const MAX_CARDS = 6;

/** Between JupyterLab's Notebook (0) and Console (20): seen without scrolling. */
const CATEGORY_RANK = 10;

export interface Card {
  args: { roomId?: string; name?: string };
}

/** Which cards belong to what is known of one's rooms. Pure. */
export function cardsFor(state: RoomsState): Card[] {
  if (state.kind !== 'known' || state.rooms.length < 2) {
    return [{ args: {} }];
  }
  return state.rooms
    .slice(0, MAX_CARDS)
    .map(({ room }) => ({ args: { roomId: room.roomId, name: room.name } }));
}

/** Keeps the launcher's cards right until disposed of. */
export function keepLauncherCards(launcher: ILauncher, service: IRoomService): IDisposable {
  let shown = '';
  let cards = new DisposableSet();
  const update = (): void => {
    const wanted = cardsFor(service.rooms.get());
    if (JSON.stringify(wanted) === shown) {
      return;
    }
    shown = JSON.stringify(wanted);
    cards.dispose();
    cards = DisposableSet.from(
      wanted.map(({ args }, rank) =>
        launcher.add({
          command: CommandIds.open,
          args,
          category: service.words.room,
          categoryRank: CATEGORY_RANK,
          rank,
        }),
      ),
    );
  };
  const unsubscribe = service.rooms.subscribe(update);
  update();
  return {
    get isDisposed() {
      return cards.isDisposed;
    },
    dispose: () => {
      unsubscribe();
      cards.dispose();
    },
  };
}
