/**
 * What the room has to say while the person works elsewhere in JupyterLab.
 *
 * In the room its own toasts say it; here JupyterLab's notifications do, and
 * only what a trainer must not miss: hands, the door, words, and the end.
 */
import { Notification } from '@jupyterlab/apputils';

import type { RoomClient } from '../client';
import type { Unsubscribe } from '../client/observable';
import { wordsOf } from '../words';

import { awayText, endText } from './awayTexts';
import { isUnderWay } from './summary';
import type { IRoomService } from './tokens';

const SHOWN_MS = 8000;

/** Notifies for the open room until disposed of; `backToRoom` is what a notification offers. */
export function keepAwayNotices(service: IRoomService, backToRoom: () => void): Unsubscribe {
  const words = wordsOf(service.locale);
  let unwatch: Unsubscribe[] = [];
  const actions = [{ label: service.words.backToRoom, callback: backToRoom }];
  const say = (text: string | null, isFinal: boolean): void => {
    if (text !== null && !service.isRoomShown.get()) {
      Notification.emit(text, isFinal ? 'warning' : 'info', {
        autoClose: isFinal ? false : SHOWN_MS,
        actions,
      });
    }
  };
  const watchClient = (client: RoomClient): void => {
    let wasUnderWay = isUnderWay(client.store.get());
    unwatch.push(
      client.notices.subscribe(notice => {
        say(awayText(notice, words), false);
      }),
      client.store.subscribe(() => {
        const state = client.store.get();
        if (wasUnderWay && !isUnderWay(state)) {
          say(endText(state.phase, words, service.locale), true);
        }
        wasUnderWay = isUnderWay(state);
      }),
    );
  };
  const follow = (): void => {
    unfollow();
    const room = service.openRoom.get();
    const client = room?.session.client.get();
    if (client) {
      watchClient(client);
    } else if (room) {
      unwatch.push(room.session.client.subscribe(follow));
    }
  };
  const unfollow = (): void => {
    for (const unsubscribe of unwatch) {
      unsubscribe();
    }
    unwatch = [];
  };
  const unwatchService = service.openRoom.subscribe(follow);
  follow();
  return () => {
    unwatchService();
    unfollow();
  };
}
