/** The open room in a few words, for the status bar and the sidebar. Pure. */
import type { MediaState } from '../client/media';
import { myself, type RoomSnapshot } from '../client/state';

import type { MyRoom, RoomState } from '../protocol/messages';

import type { LabWords } from './words';

/** How the person is joined to the room: not at all (in several ways), or in it, the worst first. */
export type Presence =
  | 'outside'
  | 'left'
  | 'shut'
  | 'elsewhere'
  | 'lost'
  | 'waiting'
  | 'reconnecting'
  | 'media_blocked'
  | 'media_interrupted'
  | 'connected';

export interface RoomSummary {
  presence: Presence;
  /** The room's own state, fresher than the list of rooms; null before it is known. */
  state: RoomState | null;
  /** Why the room is shut to the person, in few words; null where it is not. */
  refusal: string | null;
  people: number;
  isMicrophoneOn: boolean;
  isCameraOn: boolean;
  isSharing: boolean;
  isHandRaised: boolean;
}

/** Whether closing the room's tab must leave this session running. */
export function isUnderWay(state: RoomSnapshot): boolean {
  return state.phase.kind === 'entering' || state.phase.kind === 'waiting' || state.phase.kind === 'inside';
}

export function summarise(state: RoomSnapshot, media: MediaState): RoomSummary {
  return {
    presence: presenceOf(state, media),
    state: state.room?.state ?? null,
    refusal: state.phase.kind === 'refused' ? state.phase.refusal.title : null,
    people: state.participants.length,
    isMicrophoneOn: state.own.microphone,
    isCameraOn: state.own.camera,
    isSharing: state.own.screen,
    isHandRaised: (myself(state)?.handRaisedAt ?? null) !== null,
  };
}

export function sameSummary(a: RoomSummary, b: RoomSummary): boolean {
  return (Object.keys(a) as (keyof RoomSummary)[]).every(key => a[key] === b[key]);
}

/** Whether there is anybody to see and anything to control. */
export function isInRoom(presence: Presence): boolean {
  return (
    presence === 'waiting' ||
    presence === 'reconnecting' ||
    presence === 'media_blocked' ||
    presence === 'media_interrupted' ||
    presence === 'connected'
  );
}

function presenceOf(state: RoomSnapshot, media: MediaState): Presence {
  switch (state.phase.kind) {
    case 'outside':
    case 'entering':
      return 'outside';
    case 'waiting':
      return 'waiting';
    case 'left':
    case 'ended':
      return 'left';
    case 'refused':
      return 'shut';
    case 'superseded':
      return 'elsewhere';
    case 'login_required':
    case 'broken':
      return 'lost';
    case 'inside':
      if (state.line.kind === 'down') {
        return 'reconnecting';
      }
      if (media.isBlocked) {
        return 'media_blocked';
      }
      return media.connection === 'interrupted' || media.connection === 'failed'
        ? 'media_interrupted'
        : 'connected';
  }
}

/** What the list says of a room: what is known from inside or at its door is fresher than the list. */
export interface Listed {
  isInside: boolean;
  refusal: string | null;
  state: RoomState;
  people: number;
}

/** `live` is the summary of this very room, when it is the one that is open. */
export function listed(mine: MyRoom, live: RoomSummary | null): Listed {
  const isInside = live !== null && isInRoom(live.presence);
  const refusal = mine.refusal?.title ?? live?.refusal ?? null;
  return {
    isInside,
    refusal,
    state: (isInside ? live.state : null) ?? mine.room.state,
    people: isInside ? live.people : refusal === null ? mine.participants : 0,
  };
}

/** Says a presence; colour alone never does. */
export function presenceInWords(presence: Presence, words: LabWords): string {
  switch (presence) {
    case 'outside':
      return words.atTheDoor;
    case 'left':
      return words.left;
    case 'shut':
      return words.shut;
    case 'elsewhere':
      return words.elsewhere;
    case 'lost':
      return words.lost;
    case 'waiting':
      return words.waiting;
    case 'reconnecting':
      return words.reconnecting;
    case 'media_blocked':
      return words.mediaBlocked;
    case 'media_interrupted':
      return words.mediaInterrupted;
    case 'connected':
      return words.connected;
  }
}
