/** Who is shown where, and how large. Pure: participants, layout and area in, places out. */
import type { ParticipantView } from '../protocol/messages';

export type LayoutName = 'stage' | 'gallery' | 'side';

/** Something to look at: a person (with or without a picture) or a shared screen. */
export interface Picture {
  participantId: string;
  source: 'camera' | 'screen';
}

export interface Size {
  width: number;
  height: number;
}

export interface People {
  participants: ReadonlyArray<ParticipantView>;
  me: string | null;
  speakers: ReadonlyArray<string>;
  lastSpeaker: string | null;
  pinned: Picture | null;
}

export interface Arrangement {
  large: ReadonlyArray<Picture>;
  small: ReadonlyArray<Picture>;
  /** People who are shown nowhere on this page. */
  hidden: number;
  page: number;
  pages: number;
}

export function samePicture(a: Picture, b: Picture): boolean {
  return a.participantId === b.participantId && a.source === b.source;
}

/** Screens that the others share, the newest publisher last in the room leading. */
export function screensOf({ participants, me }: People): ReadonlyArray<Picture> {
  return participants
    .filter(one => one.participantId !== me && one.sources.includes('screen'))
    .map(one => ({ participantId: one.participantId, source: 'screen' as const }))
    .reverse();
}

/**
 * Arranges a room. `capacity` is how many small pictures there is room for
 * (gallery: how many at all); whoever speaks is always among the shown.
 */
export function arrange(people: People, layout: LayoutName, capacity: number, page = 0): Arrangement {
  return layout === 'gallery' ? gallery(people, capacity, page) : staged(people, layout, capacity);
}

function gallery(people: People, capacity: number, page: number): Arrangement {
  const own = faces(people).filter(picture => picture.participantId === people.me);
  const others = [
    ...screensOf(people),
    ...faces(people).filter(picture => picture.participantId !== people.me),
  ];
  const room = Math.max(1, capacity - own.length);
  const pages = Math.max(1, Math.ceil(others.length / room));
  const at = Math.min(page, pages - 1);
  const shown = others.slice(at * room, at * room + room);
  const large = at === 0 ? promoteSpeakers(shown, others, people.speakers) : shown;
  return {
    large: [...large, ...own],
    small: [],
    hidden: others.length - shown.length,
    page: at,
    pages,
  };
}

function staged(people: People, layout: 'stage' | 'side', capacity: number): Arrangement {
  const large = candidates(people).slice(0, layout === 'side' ? 2 : 1);
  const rest = faces(people).filter(picture => !large.some(one => samePicture(one, picture)));
  const small = promoteSpeakers(rest.slice(0, Math.max(0, capacity)), rest, people.speakers);
  return { large, small, hidden: rest.length - small.length, page: 0, pages: 1 };
}

/** What deserves the stage, best first, each once. */
function candidates(people: People): ReadonlyArray<Picture> {
  const { participants, me, lastSpeaker, pinned } = people;
  const screens = screensOf(people);
  const camera = (participantId: string): Picture => ({ participantId, source: 'camera' });
  const others = participants.filter(one => one.participantId !== me);
  const wishes = [
    ...(pinned ? [pinned] : []),
    ...screens,
    // Beside a screen belongs the face of whoever shows it.
    ...screens.map(screen => camera(screen.participantId)),
    ...(lastSpeaker === null ? [] : [camera(lastSpeaker)]),
    ...others.filter(one => one.role === 'host').map(one => camera(one.participantId)),
    ...others.map(one => camera(one.participantId)),
    ...(me === null ? [] : [camera(me)]),
  ];
  const found: Picture[] = [];
  for (const wish of wishes) {
    const isThere = participants.some(
      one =>
        one.participantId === wish.participantId &&
        (wish.source === 'camera' || one.sources.includes('screen')),
    );
    if (isThere && !found.some(known => samePicture(known, wish))) {
      found.push(wish);
    }
  }
  return found;
}

const RANK: Record<ParticipantView['role'], number> = { host: 0, cohost: 1, participant: 2, observer: 3 };

/** Everybody's face, oneself first, then trainers, then in order of coming. */
function faces({ participants, me }: People): ReadonlyArray<Picture> {
  const rank = (one: ParticipantView) => (one.participantId === me ? -1 : RANK[one.role]);
  return [...participants]
    .sort((a, b) => rank(a) - rank(b))
    .map(one => ({ participantId: one.participantId, source: 'camera' }));
}

/** Puts speakers who would not be shown in the last places; nobody else moves. */
function promoteSpeakers(
  shown: ReadonlyArray<Picture>,
  all: ReadonlyArray<Picture>,
  speakers: ReadonlyArray<string>,
): ReadonlyArray<Picture> {
  const result = [...shown];
  const outside = all.filter(
    picture =>
      picture.source === 'camera' &&
      speakers.includes(picture.participantId) &&
      !shown.some(one => samePicture(one, picture)),
  );
  for (const picture of outside) {
    const place = result.findLastIndex(
      one => one.source === 'camera' && !speakers.includes(one.participantId),
    );
    if (place > 0) {
      result[place] = picture;
    }
  }
  return result;
}

/** Widest and narrowest shape of a tile in a grid. */
export const WIDEST = 16 / 9;
const NARROWEST_WIDE_AREA = 4 / 3;
const NARROWEST_TALL_AREA = 0.85;

/** The grid that gives `count` tiles the largest area in `area`, `gap` pixels apart; a low band may crop them more. */
export function gridFor(count: number, area: Size, gap: number, isLow = false): Size & { columns: number } {
  const narrowest = isLow || area.width < area.height ? NARROWEST_TALL_AREA : NARROWEST_WIDE_AREA;
  let best = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (area.width - gap * (columns - 1)) / columns;
    const cellHeight = (area.height - gap * (rows - 1)) / rows;
    const width = Math.max(0, Math.min(cellWidth, cellHeight * WIDEST));
    const height = Math.max(0, Math.min(cellHeight, width / narrowest));
    if (width * height > best.width * best.height) {
      best = { columns, width: Math.floor(width), height: Math.floor(height) };
    }
  }
  return best;
}

/** A tile narrower than this shows nobody. */
const SMALLEST_TILE = { width: 148, height: 96 };
/** In a low band faces are few and cropped; that one sees them at all counts more. */
const SMALLEST_LOW_TILE = { width: 84, height: 72 };
/** Pictures at once: the receiving slots, and oneself. */
const MOST_TILES = 12;

/** How many tiles of a gallery an area can hold. */
export function galleryCapacity(area: Size, gap: number, isLow = false): number {
  const smallest = isLow ? SMALLEST_LOW_TILE : SMALLEST_TILE;
  const columns = Math.max(1, Math.floor((area.width + gap) / (smallest.width + gap)));
  const rows = Math.max(1, Math.floor((area.height + gap) / (smallest.height + gap)));
  return Math.min(MOST_TILES, Math.max(2, columns * rows));
}
