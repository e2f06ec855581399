/**
 * Where somebody stands in a notebook, as it travels in awareness.
 *
 * `position`: the active cell, whether it is on their screen, and the cell at
 * the top edge with how much of its height is scrolled past, which holds for
 * any width of screen. `pointer`: a place in a cell, as fractions of its width
 * and height. `presents`: this page's person put it on everybody's stage.
 */
import type { Awareness } from 'y-protocols/awareness';

import { peopleIn, type Person } from './people';

export interface NotebookPosition {
  active: string | null;
  isActiveSeen: boolean;
  top: string | null;
  /** 0 to 1 of the top cell's height. */
  past: number;
}

export interface NotebookPointer {
  cell: string;
  x: number;
  y: number;
}

export interface Leader {
  person: Person;
  position: NotebookPosition | null;
  pointer: NotebookPointer | null;
  /** Of whoever points: another moderator may, while this one leads. */
  pointerColor: string;
}

/**
 * The moderator who leads: who presents this to all, else who points, else who
 * works in a cell, else the first that says where they are. While one presents,
 * another one may still point.
 */
export function leaderIn(awareness: Awareness): Leader | null {
  const leaders = peopleIn(awareness)
    .filter(({ person }) => person.isModerator)
    .map(({ person, state }) => ({
      person,
      position: positionOf(state['position']),
      pointer: pointerOf(state['pointer']),
      pointerColor: person.color,
      presents: state['presents'] === true,
    }));
  const points = leaders.find(one => one.pointer !== null);
  // The same person may have it open twice, in the room and as a notebook: the page that says more leads.
  const [found] = [...leaders].sort((a, b) => weightOf(b) - weightOf(a));
  if (!found) {
    return null;
  }
  const { person, position, pointer, pointerColor } = found.pointer
    ? found
    : { ...found, ...pointing(points) };
  return { person, position, pointer, pointerColor };
}

function weightOf({ presents, pointer, position }: Leader & { presents: boolean }): number {
  const says = (pointer ? 4 : 0) + (position?.active != null ? 2 : 0) + (position ? 1 : 0);
  return presents && says > 0 ? says + 8 : says;
}

function pointing(one: Pick<Leader, 'pointer' | 'pointerColor'> | undefined) {
  return one ? { pointer: one.pointer, pointerColor: one.pointerColor } : {};
}

/** A stretch of the screen, in pixels from its top. */
export interface Stretch {
  top: number;
  height: number;
}

/** So much of the active cell is to be seen at least, as a share of the screen. */
const SHARE_OF_ACTIVE = 1 / 3;
/** A cell of which less shows counts as not seen. */
const LEAST_SEEN_PX = 24;

/** Says where a page is: `cells` are those drawn, in order, each with its stretch of the screen. */
export function positionIn(
  cells: Iterable<readonly [id: string, place: Stretch]>,
  screen: Stretch,
  active: string | null,
): NotebookPosition {
  let top: string | null = null;
  let past = 0;
  let isActiveSeen = false;
  let isFound = false;
  for (const [id, place] of cells) {
    const end = place.top + place.height;
    if (!isFound) {
      isFound = end > screen.top + 1;
      top = id;
      // Whoever scrolled beyond the last cell shows nothing: the others stay at its beginning.
      past = isFound && place.height > 0 ? Math.max(0, (screen.top - place.top) / place.height) : 0;
    }
    if (id === active) {
      const seen = Math.min(LEAST_SEEN_PX, place.height);
      isActiveSeen = end >= screen.top + seen && place.top + seen <= screen.top + screen.height;
    }
  }
  return { active, isActiveSeen, top, past };
}

/**
 * How far a page is to be scrolled, in pixels, to stand where the leader stands.
 *
 * The leader's top cell comes to the top edge; on a smaller screen than the
 * leader's it gives way to the active cell, which the leader speaks about.
 */
export function offsetFor(
  position: NotebookPosition,
  scrolled: number,
  screen: Stretch,
  top: Stretch,
  active: Stretch | null,
): number {
  const offset = scrolled + top.top - screen.top + position.past * top.height;
  if (!active || !position.isActiveSeen) {
    return Math.max(0, offset);
  }
  const needed = Math.min(active.height, screen.height * SHARE_OF_ACTIVE);
  const least = scrolled + active.top - screen.top + needed - screen.height;
  return Math.max(0, offset, least);
}

function positionOf(value: unknown): NotebookPosition | null {
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const { active, isActiveSeen, top, past } = value as Record<string, unknown>;
  return {
    active: typeof active === 'string' ? active : null,
    isActiveSeen: isActiveSeen === true,
    top: typeof top === 'string' ? top : null,
    past: fraction(past) ?? 0,
  };
}

function pointerOf(value: unknown): NotebookPointer | null {
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const { cell, x, y } = value as Record<string, unknown>;
  const [left, top] = [fraction(x), fraction(y)];
  return typeof cell === 'string' && left !== null && top !== null ? { cell, x: left, y: top } : null;
}

function fraction(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : null;
}
