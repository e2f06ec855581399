/**
 * Where somebody stands in a notebook, as it travels in awareness.
 *
 * `position`: the active cell, and the cell at the top edge with how much of
 * its height is scrolled past, which holds for any width of screen.
 * `pointer`: a place in a cell, as fractions of its width and height.
 */
import type { Awareness } from 'y-protocols/awareness';

import { peopleIn, type Person } from './people';

export interface NotebookPosition {
  active: string | null;
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
}

/** The moderator who leads: who points, else who works in a cell, else the first that says where they are. */
export function leaderIn(awareness: Awareness): Leader | null {
  const leaders = peopleIn(awareness)
    .filter(({ person }) => person.isModerator)
    .map(({ person, state }) => ({
      person,
      position: positionOf(state['position']),
      pointer: pointerOf(state['pointer']),
    }));
  return (
    leaders.find(one => one.pointer !== null) ??
    leaders.find(one => one.position?.active != null) ??
    leaders.find(one => one.position !== null) ??
    leaders[0] ??
    null
  );
}

function positionOf(value: unknown): NotebookPosition | null {
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const { active, top, past } = value as Record<string, unknown>;
  return {
    active: typeof active === 'string' ? active : null,
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
