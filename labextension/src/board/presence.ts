/** Who else is at the board, where they point, what the one who leads looks at. */
import type { Awareness } from 'y-protocols/awareness';

import type { Bounds, Collaborator, Pointer } from './excalidraw';

/** What this board puts into awareness; the service adds `user` from who one really is. */
export interface OwnPresence {
  pointer?: Pointer;
  button?: 'up' | 'down';
  selectedElementIds?: Readonly<Record<string, true>>;
  /** Set by whoever presents: what is in their view. */
  view?: Bounds;
}

interface Stamped extends OwnPresence {
  user?: { name?: string; color?: string };
}

export interface Others {
  collaborators: Map<string, Collaborator>;
  /** The view to follow, if somebody leads. */
  led: Bounds | null;
}

const GREY = '#5c6b68';

/** Everybody else, by their Yjs client id; of a pointer only where `isHere`. */
export function others(awareness: Awareness, isHere: (y: number) => boolean = () => true): Others {
  const collaborators = new Map<string, Collaborator>();
  let led: Bounds | null = null;
  for (const [client, state] of awareness.getStates()) {
    if (client === awareness.clientID) {
      continue;
    }
    // Written by another browser, and by the service over it.
    const { user, pointer, button, selectedElementIds, view } = state as Stamped;
    const color = colourOf(user?.color);
    collaborators.set(client.toString(), {
      username: user?.name ?? '',
      color: { background: color, stroke: color },
      ...(isPointer(pointer) && isHere(pointer.y) ? { pointer } : {}),
      ...(button === 'up' || button === 'down' ? { button } : {}),
      ...(selectedElementIds ? { selectedElementIds } : {}),
    });
    led ??= isBounds(view) ? view : null;
  }
  return { collaborators, led };
}

function isPointer(value: Pointer | undefined): value is Pointer {
  return value !== undefined && Number.isFinite(value.x) && Number.isFinite(value.y);
}

function isBounds(value: unknown): value is Bounds {
  return Array.isArray(value) && value.length === 4 && value.every(Number.isFinite);
}

/** Only a colour, whatever stands there; `var(--jp-...)` of JupyterLab is none on a canvas. */
function colourOf(given: string | undefined): string {
  return given !== undefined && /^#[0-9a-f]{3,8}$/i.test(given) ? given : GREY;
}
