/** What plugins of this extension, and of others, may ask of the training rooms. */
import { Token } from '@lumino/coreutils';

import type { RoomSession } from '../client';
import type { ApiFailure } from '../client/api';
import type { Store } from '../client/observable';
import type { DocumentsApi } from '../documents';
import type { MyRoom } from '../protocol/messages';
import type { Locale } from '../words';

import type { RoomsLogin } from './login';
import type { LabWords } from './words';

/** One's rooms, as last read. */
export type RoomsState =
  | { kind: 'unread' }
  | { kind: 'reading' }
  | { kind: 'known'; rooms: readonly MyRoom[] }
  | { kind: 'failed'; failure: ApiFailure };

/** The room that is open in this JupyterLab: at its door, or inside. */
export interface OpenRoom {
  readonly mine: MyRoom;
  readonly session: RoomSession;
}

/** How opening a room ended. */
export type Opening = { kind: 'opened'; room: OpenRoom } | { kind: 'unknown_room' } | { kind: 'not_read' };

export interface IRoomService {
  /** Whether there are rooms beside this JupyterLab at all: false outside a hub. */
  readonly isOffered: boolean;
  readonly locale: Locale;
  readonly words: LabWords;
  readonly login: RoomsLogin;
  readonly rooms: Store<RoomsState>;
  /** At most one room at a time; null when none is open. */
  readonly openRoom: Store<OpenRoom | null>;
  /** Whether the room's own tab is what the person sees now. */
  readonly isRoomShown: Store<boolean>;
  /** Whether the sidebar, and with it its strip, is what the person sees now. */
  readonly isSidebarShown: Store<boolean>;
  /** Whether the person wants the strip while they work elsewhere. */
  readonly isStripWanted: Store<boolean>;
  /** Reads one's rooms again; logs in unseen first where that is needed. */
  refresh(): Promise<RoomsState>;
  /** Brings a room to its door; one that is open already is given back as it is. */
  open(roomId: string): Promise<Opening>;
  /** Opens a notebook of a room in the main area; null before the room drive is there. */
  readonly documentOpener: Store<((roomId: string, documentId: string) => void) | null>;
  /** The shared documents of a room, asked for as the person in the browser. */
  documents(roomId: string): DocumentsApi;
  /** Ends the session in the open room, if any. */
  close(): void;
}

export const IRoomService = new Token<IRoomService>(
  '@webvisio/lab:IRoomService',
  'The training rooms of the person in the browser, and the session in the one that is open.',
);
