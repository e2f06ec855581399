import type { Reaction } from '../protocol/messages';

/** Signs of the reactions, in the order in which they are offered; each has its word too. */
export const REACTION_SIGNS: Record<Reaction, string> = {
  thumbs_up: '👍',
  applause: '👏',
  heart: '❤️',
  laugh: '😄',
  surprise: '😮',
  slower: '🐢',
};

export const REACTIONS = Object.keys(REACTION_SIGNS) as ReadonlyArray<Reaction>;
