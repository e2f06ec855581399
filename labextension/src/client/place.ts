/**
 * What somebody had in a room when they loaded its page anew, kept in their tab.
 *
 * The room keeps their seat by itself (`RESUME_GRACE_S`); this is what only the
 * page knows. It is taken once, and soon, so that nobody comes into a room by
 * opening an old tab.
 */
import { MAX_CHAT_CHARACTERS } from '../protocol/messages';

import type { UnsentChat } from './state';

const KEY = 'webvisio.place';
/** A page that takes longer to load asks at the door. */
export const PLACE_LIMIT_MS = 120_000;

export interface Place {
  /** The room's link code. */
  code: string;
  microphone: boolean;
  camera: boolean;
  /** What was being written in the chat. */
  draft: string;
  unsent: ReadonlyArray<UnsentChat>;
}

type Kept = Place & { atMs: number };

export type PlaceMemory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function keepPlace(memory: PlaceMemory, place: Place, nowMs: number): void {
  const kept: Kept = { ...place, atMs: nowMs };
  try {
    memory.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Without storage the person is asked at the door.
  }
}

/** The place that was kept in this room, once; null where there is none. */
export function takePlace(memory: PlaceMemory, code: string, nowMs: number): Place | null {
  let text: string | null;
  try {
    text = memory.getItem(KEY);
    memory.removeItem(KEY);
  } catch {
    return null;
  }
  const kept = text === null ? null : placeOf(text);
  return kept?.code === code && nowMs >= kept.atMs && nowMs - kept.atMs <= PLACE_LIMIT_MS ? kept : null;
}

/** Written by this page, maybe of another build: what is not understood is no place. */
function placeOf(text: string): Kept | null {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null) {
    return null;
  }
  const { code, microphone, camera, draft, unsent, atMs } = found as Partial<Record<keyof Kept, unknown>>;
  if (typeof code !== 'string' || typeof atMs !== 'number') {
    return null;
  }
  return {
    code,
    atMs,
    microphone: microphone === true,
    camera: camera === true,
    draft: typeof draft === 'string' ? draft.slice(0, MAX_CHAT_CHARACTERS) : '',
    unsent: Array.isArray(unsent) ? unsent.filter(isUnsent) : [],
  };
}

function isUnsent(line: unknown): line is UnsentChat {
  return (
    typeof line === 'object' &&
    line !== null &&
    'clientId' in line &&
    typeof line.clientId === 'string' &&
    'text' in line &&
    typeof line.text === 'string'
  );
}
