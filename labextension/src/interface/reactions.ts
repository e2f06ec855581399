import type { Reaction } from '../protocol/messages';

import type { IconName } from './icons';

/**
 * Signs of the reactions, in the order in which they are offered; each is shown with its word.
 * Drawn, not emoji: many desktops have no font for those.
 */
export const REACTION_ICONS: Record<Reaction, IconName> = {
  thumbs_up: 'thumbsUp',
  applause: 'applause',
  heart: 'heart',
  laugh: 'laugh',
  surprise: 'surprise',
  slower: 'slower',
};

export const REACTIONS = Object.keys(REACTION_ICONS) as ReadonlyArray<Reaction>;
