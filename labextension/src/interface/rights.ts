/**
 * What moderators allow or withhold, as a table of features with exceptions. Pure.
 *
 * Each feature is open to everybody or to trainers alone; single people may
 * differ from that. The service speaks of four audiences; these two views of
 * one thing are turned into each other here.
 */
import type { Feature, ParticipantView, Permission } from '../protocol/messages';
import type { Words } from '../words';

import type { IconName } from './icons';

/** Rows of the table, in the order in which a trainer thinks of them. */
export const FEATURES: ReadonlyArray<{ feature: Feature; icon: IconName }> = [
  { feature: 'chat', icon: 'chat' },
  { feature: 'publish_audio', icon: 'microphone' },
  { feature: 'publish_video', icon: 'camera' },
  { feature: 'share_screen', icon: 'screen' },
  { feature: 'draw', icon: 'board' },
  { feature: 'write_notes', icon: 'note' },
  { feature: 'upload', icon: 'add' },
];

export interface Right {
  /** Whom it is open to, but for the exceptions. */
  isForAll: boolean;
  /** People for whom it is the other way round, by participant. */
  exceptions: ReadonlyArray<string>;
}

export function rightOf(permission: Permission | undefined): Right {
  switch (permission?.audience) {
    case undefined:
    case 'all':
      return { isForAll: true, exceptions: [] };
    case 'except':
      return { isForAll: true, exceptions: permission.people };
    case 'moderators':
      return { isForAll: false, exceptions: [] };
    case 'people':
      return { isForAll: false, exceptions: permission.people };
  }
}

export function permissionOf(feature: Feature, { isForAll, exceptions }: Right): Permission {
  if (exceptions.length === 0) {
    return { feature, audience: isForAll ? 'all' : 'moderators', people: [] };
  }
  return { feature, audience: isForAll ? 'except' : 'people', people: exceptions };
}

export function isAllowed(right: Right, participantId: string): boolean {
  return right.isForAll !== right.exceptions.includes(participantId);
}

/** The right after one person was given or refused it. */
export function withPerson(right: Right, participantId: string, isGiven: boolean): Right {
  const others = right.exceptions.filter(one => one !== participantId);
  return { ...right, exceptions: isGiven === right.isForAll ? others : [...others, participantId] };
}

/** Whom the table is about: trainers always may, observers never. */
export function isConcerned(person: ParticipantView): boolean {
  return person.role === 'participant';
}

/** What a person is told when a moderator changed what they may use. */
export function rightsText(
  { given, taken }: { given: ReadonlyArray<Feature>; taken: ReadonlyArray<Feature> },
  words: Words,
): string {
  const named = (features: ReadonlyArray<Feature>) =>
    features.map(feature => words(`rights.${feature}`)).join(', ');
  return [
    ...(taken.length > 0 ? [words('notice.rights.taken', { what: named(taken) })] : []),
    ...(given.length > 0 ? [words('notice.rights.given', { what: named(given) })] : []),
  ].join(' ');
}
