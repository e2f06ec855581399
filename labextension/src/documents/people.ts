/** Who else has a document open, as the service stamped it into their awareness. */
import type { Awareness } from 'y-protocols/awareness';

export interface Person {
  client: number;
  username: string;
  name: string;
  color: string;
  isModerator: boolean;
}

export interface PersonState {
  person: Person;
  state: Record<string, unknown>;
}

/** Colours reach a style attribute: nothing but a hexadecimal colour passes. */
const COLOR = /^#[0-9a-f]{6}$/i;
const NO_COLOR = '#888888';

/** Everybody but oneself, in order of their client's number; may be empty. */
export function peopleIn(awareness: Awareness): readonly PersonState[] {
  return [...awareness.getStates()]
    .filter(([client]) => client !== awareness.clientID)
    .sort(([a], [b]) => a - b)
    .flatMap(([client, state]) => {
      const person = personOf(client, (state as Record<string, unknown>)['user']);
      return person ? [{ person, state: state }] : [];
    });
}

function personOf(client: number, user: unknown): Person | null {
  if (typeof user !== 'object' || user === null) {
    return null;
  }
  const { username, name, color, is_moderator: isModerator } = user as Record<string, unknown>;
  return typeof username === 'string' && typeof name === 'string'
    ? {
        client,
        username,
        name,
        color: typeof color === 'string' && COLOR.test(color) ? color : NO_COLOR,
        isModerator: isModerator === true,
      }
    : null;
}
