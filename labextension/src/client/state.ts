/**
 * What the client knows of the room, and how each message changes it. Pure.
 *
 * `Welcome` replaces everything but what is only ours: unsent chat and what
 * we switched on ourselves.
 */
import type {
  ChatView,
  Feature,
  ParticipantView,
  Permission,
  PresentedView,
  Reaction,
  RefusalView,
  RoomView,
  ServerMessage,
  SlotAssignment,
  Source,
  WaitingReason,
} from '../protocol/messages';
import { CHAT_HISTORY } from '../protocol/messages';

/** Where this person stands. */
export type Phase =
  | { kind: 'outside' }
  | { kind: 'entering' }
  | { kind: 'waiting'; reason: WaitingReason }
  | { kind: 'inside' }
  | { kind: 'refused'; refusal: RefusalView }
  | { kind: 'ended'; by: string }
  | { kind: 'superseded' }
  | { kind: 'login_required' }
  | { kind: 'broken' }
  | { kind: 'left' };

/** The signalling line; `down` while the client tries to come back. */
export type Line = { kind: 'up' } | { kind: 'down'; attempt: number; retryAtMs: number };

/** A chat line of our own that the room has not confirmed yet. */
export interface UnsentChat {
  clientId: string;
  text: string;
}

export interface ShownReaction {
  key: number;
  participantId: string;
  reaction: Reaction;
}

export interface RoomSnapshot {
  phase: Phase;
  line: Line;
  room: RoomView | null;
  me: string | null;
  participants: ReadonlyArray<ParticipantView>;
  waiting: ReadonlyArray<ParticipantView>;
  chat: ReadonlyArray<ChatView>;
  unsent: ReadonlyArray<UnsentChat>;
  slots: ReadonlyArray<SlotAssignment>;
  /** Slots that show nothing for now, because this person's line carries no more. */
  pausedMids: ReadonlyArray<string>;
  /** The server does not keep up: what suffers is nobody's line. */
  isServerStrained: boolean;
  speakers: ReadonlyArray<string>;
  /** The other person who spoke last: stays on the stage through a pause. */
  lastSpeaker: string | null;
  reactions: ReadonlyArray<ShownReaction>;
  /** What this person has switched on, told to the room or about to be. */
  own: Readonly<Record<Source, boolean>>;
  /** Chat lines that came while nobody looked at the chat. */
  unreadChat: number;
  /** Who may use what; features that are not listed are open to all. */
  permissions: ReadonlyArray<Permission>;
  /** What a moderator put on everybody's stage. */
  presented: PresentedView | null;
  /** Grows when the list of documents is to be read again. */
  documentsVersion: number;
  /** Grows when the list of files is to be read again. */
  filesVersion: number;
  roundTripMs: number | null;
}

export const NOTHING_ON: Readonly<Record<Source, boolean>> = {
  microphone: false,
  camera: false,
  screen: false,
  screen_audio: false,
};

export const OUTSIDE: RoomSnapshot = {
  phase: { kind: 'outside' },
  line: { kind: 'up' },
  room: null,
  me: null,
  participants: [],
  waiting: [],
  chat: [],
  unsent: [],
  slots: [],
  pausedMids: [],
  isServerStrained: false,
  speakers: [],
  lastSpeaker: null,
  reactions: [],
  own: NOTHING_ON,
  unreadChat: 0,
  permissions: [],
  presented: null,
  documentsVersion: 0,
  filesVersion: 0,
  roundTripMs: null,
};

/** Something worth saying aloud once: a toast, a live region, a sound. */
export type Notice =
  | { kind: 'joined'; name: string }
  | { kind: 'left'; name: string; wasRemoved: boolean }
  | { kind: 'hand_raised'; name: string }
  | { kind: 'chat'; author: string; text: string }
  | { kind: 'at_the_door'; name: string }
  | { kind: 'let_in' }
  | { kind: 'muted'; source: Source; by: string }
  | { kind: 'failed'; refusal: RefusalView }
  | { kind: 'device_replaced'; device: 'microphone' | 'camera' }
  | { kind: 'back_online' }
  | { kind: 'file_received'; name: string; by: string }
  | { kind: 'role'; role: ParticipantView['role'] }
  /** What a moderator allows or withholds from this person from now on. */
  | { kind: 'rights'; given: ReadonlyArray<Feature>; taken: ReadonlyArray<Feature> }
  /** This person pasted more than is taken; nothing was. */
  | { kind: 'too_long'; pasted: number; most: number }
  /** This person tried what is withheld from them. */
  | { kind: 'withheld'; feature: Feature };

/** Longest list of reactions kept; older ones are long faded. */
export const MAX_REACTIONS = 24;

/** Applies one message; the same snapshot comes back when nothing changed. */
export function reduce(state: RoomSnapshot, message: ServerMessage): RoomSnapshot {
  switch (message.type) {
    case 'welcome': {
      const posted = new Set(message.chat.map(line => line.clientId));
      return {
        ...state,
        phase: { kind: 'inside' },
        line: { kind: 'up' },
        room: message.room,
        me: message.participantId,
        participants: message.participants,
        chat: message.chat,
        unsent: state.unsent.filter(line => !posted.has(line.clientId)),
        slots: message.slots,
        pausedMids: [],
        isServerStrained: message.isMediaStrained,
        waiting: message.waiting,
        speakers: [],
        permissions: message.permissions,
        presented: message.presented,
        documentsVersion: state.documentsVersion + 1,
        filesVersion: state.filesVersion + 1,
      };
    }
    case 'waiting':
      return {
        ...state,
        phase: { kind: 'waiting', reason: message.reason },
        line: { kind: 'up' },
        room: message.room,
        me: message.participantId,
      };
    case 'refused':
      return { ...gone(state), phase: { kind: 'refused', refusal: message.refusal } };
    case 'session_ended':
      return { ...gone(state), phase: { kind: 'ended', by: message.by } };
    case 'superseded':
      return { ...gone(state), phase: { kind: 'superseded' } };
    case 'participant_joined':
    case 'participant_changed':
      return { ...state, participants: withParticipant(state.participants, message.participant) };
    case 'participant_left':
      return {
        ...state,
        participants: state.participants.filter(one => one.participantId !== message.participantId),
        speakers: state.speakers.filter(id => id !== message.participantId),
      };
    case 'waiting_changed':
      return { ...state, waiting: message.waiting };
    case 'room_changed':
      return { ...state, room: message.room };
    case 'chat_posted':
      return withChat(state, message.chat);
    case 'reacted':
      return {
        ...state,
        reactions: [
          ...state.reactions.slice(1 - MAX_REACTIONS),
          {
            key: (state.reactions.at(-1)?.key ?? 0) + 1,
            participantId: message.participantId,
            reaction: message.reaction,
          },
        ],
      };
    case 'slots':
      return { ...state, slots: message.assignments };
    case 'slots_paused':
      return { ...state, pausedMids: message.mids };
    case 'media_strained':
      return { ...state, isServerStrained: message.isStrained };
    case 'speakers':
      return {
        ...state,
        speakers: message.participantIds,
        lastSpeaker: message.participantIds.find(id => id !== state.me) ?? state.lastSpeaker,
      };
    case 'muted_by_moderator':
      return { ...state, own: { ...state.own, [message.source]: false } };
    case 'permissions_changed':
      return { ...state, permissions: message.permissions };
    case 'presented':
      return { ...state, presented: message.what };
    case 'documents_changed':
      return { ...state, documentsVersion: state.documentsVersion + 1 };
    case 'files_changed':
      return { ...state, filesVersion: state.filesVersion + 1 };
    case 'file_received':
    case 'failed':
    case 'ice_restarted':
    case 'media_answer':
    case 'media_reset':
    case 'camera_layers':
    case 'pong':
      return state;
    default:
      // A service that is newer than this page says what the page does not know yet: it can do without.
      message satisfies never;
      return state;
  }
}

/** What a message is worth saying, given the snapshot before it. */
export function noticeOf(before: RoomSnapshot, message: ServerMessage): Notice | null {
  switch (message.type) {
    case 'participant_joined':
      return before.participants.some(one => one.participantId === message.participant.participantId)
        ? null
        : { kind: 'joined', name: message.participant.name };
    case 'participant_left': {
      const who = findParticipant(before, message.participantId);
      return who && { kind: 'left', name: who.name, wasRemoved: message.wasRemoved };
    }
    case 'participant_changed': {
      const was = findParticipant(before, message.participant.participantId);
      if (message.participant.participantId === before.me) {
        return was && was.role !== message.participant.role
          ? { kind: 'role', role: message.participant.role }
          : null;
      }
      return was && was.handRaisedAt === null && message.participant.handRaisedAt !== null
        ? { kind: 'hand_raised', name: message.participant.name }
        : null;
    }
    case 'chat_posted':
      return message.chat.authorId === before.me ||
        before.chat.some(line => line.messageId === message.chat.messageId)
        ? null
        : { kind: 'chat', author: message.chat.authorName, text: message.chat.text };
    case 'waiting_changed': {
      const known = new Set(before.waiting.map(one => one.participantId));
      const newcomer = message.waiting.find(one => !known.has(one.participantId));
      return newcomer ? { kind: 'at_the_door', name: newcomer.name } : null;
    }
    case 'welcome':
      if (before.phase.kind === 'waiting') {
        return { kind: 'let_in' };
      }
      return before.line.kind === 'down' && before.phase.kind === 'inside' ? { kind: 'back_online' } : null;
    case 'file_received':
      return { kind: 'file_received', name: message.name, by: message.by };
    case 'muted_by_moderator':
      return { kind: 'muted', source: message.source, by: message.by };
    case 'failed':
      return { kind: 'failed', refusal: message.refusal };
    case 'permissions_changed': {
      const { given, taken } = rightsChanged(before, message.permissions);
      return given.length + taken.length > 0 ? { kind: 'rights', given, taken } : null;
    }
    case 'waiting':
    case 'refused':
    case 'session_ended':
    case 'superseded':
    case 'room_changed':
    case 'reacted':
    case 'slots':
    case 'slots_paused':
    case 'media_strained':
    case 'camera_layers':
    case 'speakers':
    case 'media_answer':
    case 'ice_restarted':
    case 'media_reset':
    case 'presented':
    case 'documents_changed':
    case 'files_changed':
    case 'pong':
      return null;
    default:
      // A service that is newer than this page says what the page does not know yet: it can do without.
      message satisfies never;
      return null;
  }
}

export function findParticipant(state: RoomSnapshot, participantId: string): ParticipantView | null {
  return state.participants.find(one => one.participantId === participantId) ?? null;
}

export function myself(state: RoomSnapshot): ParticipantView | null {
  return state.me === null ? null : findParticipant(state, state.me);
}

/** Whether this person may admit, mute, remove and change the room. */
export function moderates(state: RoomSnapshot): boolean {
  const role = myself(state)?.role;
  return role === 'host' || role === 'cohost';
}

/** Whether this person may use a feature now, by the room's permissions (the server enforces them). */
export function mayUse(state: RoomSnapshot, feature: Permission['feature']): boolean {
  const permission = state.permissions.find(one => one.feature === feature);
  if (moderates(state) || permission === undefined) {
    return true;
  }
  switch (permission.audience) {
    case 'all':
      return true;
    case 'moderators':
      return false;
    case 'people':
      return state.me !== null && permission.people.includes(state.me);
    case 'except':
      return state.me === null || !permission.people.includes(state.me);
  }
}

/** What this person could use before and cannot now, and the other way round, by a change of the rights. */
function rightsChanged(
  before: RoomSnapshot,
  permissions: RoomSnapshot['permissions'],
): { given: ReadonlyArray<Feature>; taken: ReadonlyArray<Feature> } {
  const after = { ...before, permissions };
  const features = permissions.map(one => one.feature);
  return {
    given: features.filter(one => !mayUse(before, one) && mayUse(after, one)),
    taken: features.filter(one => mayUse(before, one) && !mayUse(after, one)),
  };
}

/** Raised hands, the one that was up first leading. */
export function handQueue(participants: ReadonlyArray<ParticipantView>): ReadonlyArray<ParticipantView> {
  return participants
    .filter(one => one.handRaisedAt !== null)
    .sort((a, b) => (a.handRaisedAt ?? '').localeCompare(b.handRaisedAt ?? ''));
}

function withParticipant(
  participants: ReadonlyArray<ParticipantView>,
  changed: ParticipantView,
): ReadonlyArray<ParticipantView> {
  return participants.some(one => one.participantId === changed.participantId)
    ? participants.map(one => (one.participantId === changed.participantId ? changed : one))
    : [...participants, changed];
}

function withChat(state: RoomSnapshot, line: ChatView): RoomSnapshot {
  if (state.chat.some(known => known.messageId === line.messageId)) {
    return state;
  }
  return {
    ...state,
    chat: [...state.chat, line].slice(-CHAT_HISTORY),
    unsent: state.unsent.filter(mine => mine.clientId !== line.clientId),
    unreadChat: line.authorId === state.me ? state.unreadChat : state.unreadChat + 1,
  };
}

/** Nobody is seen or heard any more; the room's name and unsent words stay. */
function gone(state: RoomSnapshot): RoomSnapshot {
  return { ...state, participants: [], waiting: [], slots: [], speakers: [], reactions: [], own: NOTHING_ON };
}
