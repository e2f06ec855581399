/** What the room drive says in JupyterLab, in both languages. */
import type { ApiFailure } from '../../client/api';
import type { CopyState } from '../../protocol/messages';
import type { Locale } from '../../words';

export interface DriveWords {
  browser: string;
  exercises: string;
  unsupported: string;
  unknownDocument: string;
  failure: (failure: ApiFailure) => string;
  privateOutput: string;
  readOnly: string;
  readOnlyWhy: string;
  copyState: (state: CopyState) => string;
  ownersCopy: (owner: string) => string;
  handIn: string;
  handInCaption: string;
  takeCopyBack: string;
  saved: string;
  saving: string;
  offline: string;
  dropped: (message: string) => string;
  share: string;
  shareCaption: string;
  shared: (name: string, room: string) => string;
  present: string;
  presentCaption: string;
  stopPresenting: string;
  copy: string;
  copyCaption: string;
  copied: (name: string) => string;
  open: string;
  follow: string;
  following: string;
  followCaption: string;
  wayBack: (name: string) => string;
  presents: (by: string | null) => string;
  point: string;
  pointCaption: string;
  handOut: string;
  handOutCaption: string;
  handOutTitle: (name: string) => string;
  handOutBody: string;
  deadline: string;
  handedOut: (name: string, count: number) => string;
  cancel: string;
  askHelp: string;
  askHelpCaption: (minutes: number) => string;
  takeBack: string;
  helpUntil: (time: string) => string;
  helping: (owner: string) => string;
  ranFor: (by: string) => string;
  nobodyRuns: (owner: string) => string;
  handLog: string;
  handLogCaption: string;
  close: string;
  late: string;
  tooLong: (pasted: number, most: number) => string;
  zone: (zone: string) => string;
  chooseRoom: string;
  noRoom: string;
  alsoHere: (names: string) => string;
}

const en: DriveWords = {
  browser: 'Room notebooks',
  exercises: 'Exercises',
  unsupported: 'A room’s notebooks come from “Share this notebook”; this drive makes none.',
  unknownDocument: 'This notebook is not (or no longer) in the room.',
  failure: failure =>
    failure.kind === 'refused'
      ? failure.refusal.message
      : 'The training rooms do not answer. Try again in a moment.',
  privateOutput: 'Only you see this output',
  readOnly: 'Read only',
  readOnlyWhy: 'The trainer writes here. You can run every cell in your own kernel: only you see the output.',
  copyState: state =>
    ({
      working: 'Your copy of the exercise',
      handed_in: 'Handed in. Take it back if you want to change something',
      collected: 'Collected by the trainer: it can no longer be changed',
      returned: 'Corrected and given back by the trainer',
    })[state],
  ownersCopy: owner => `The copy of ${owner}, live. It is theirs unless they ask for a helping hand`,
  handIn: 'Hand in',
  handInCaption: 'Tell the trainer that you have finished; you may take it back until it is collected',
  takeCopyBack: 'Take back',
  saved: 'Saved in the room',
  saving: 'Saving…',
  offline: 'Offline: your changes wait, and are sent when the line is back',
  dropped: message => `A change was not taken: ${message}`,
  share: 'Share this notebook',
  shareCaption: 'Put a copy of this notebook in the training room, for all to follow',
  shared: (name, room) =>
    `“${name}” is now in the room “${room}”. Present it, and everybody has it before them.`,
  present: 'Present to all',
  presentCaption: 'Put this notebook on everybody’s stage',
  stopPresenting: 'Stop presenting',
  copy: 'Copy to my files',
  copyCaption: 'Keep a copy of this notebook, as it is now, among your own files',
  copied: name => `“${name}” is in your files`,
  open: 'Open',
  follow: 'Follow the trainer',
  following: 'Following the trainer',
  followCaption: 'Scroll and open what the trainer does; scroll yourself to stop',
  wayBack: name => `Back to ${name}`,
  presents: by => (by === null ? 'A notebook is presented to all' : `${by} presents a notebook to all`),
  point: 'Pointer',
  pointCaption: 'Show everybody where your mouse is',
  handOut: 'Hand out as exercise',
  handOutCaption: 'Give every trainee a copy of their own',
  handOutTitle: name => `Hand out “${name}”?`,
  handOutBody: 'Every trainee gets a copy of their own in the room. You see all of them on the wall.',
  deadline: 'Until (optional)',
  handedOut: (name, count) =>
    `“${name}” was handed out (${count === 1 ? '1 copy' : `${count} copies`}). How far they are: Materials › Wall, in the room.`,
  cancel: 'Cancel',
  askHelp: 'Ask for a helping hand',
  askHelpCaption: minutes => `The trainer may edit and run this notebook for ${minutes} minutes`,
  takeBack: 'End the helping hand',
  helpUntil: time => `Help until ${time}`,
  helping: owner => `Helping ${owner}: cells run in their kernel`,
  ranFor: by => `${by} ran a cell in your kernel`,
  nobodyRuns: owner => `${owner} is on the page without a kernel: cells cannot be run there`,
  handLog: 'Helping hands',
  handLogCaption: 'Who helped in this copy, when, and which cells were run',
  close: 'Close',
  late: 'What you last wrote came too late: this notebook was collected or changed meanwhile.',
  tooLong: (pasted, most) =>
    `Too long to be pasted: ${pasted.toLocaleString('en')} characters, ${most.toLocaleString('en')} at most. Nothing has changed.`,
  zone: zone => `Your time (${zone}). It is collected by itself then.`,
  chooseRoom: 'Which room?',
  noRoom: 'You host no training room.',
  alsoHere: names => `Also here: ${names}`,
};

const fr: DriveWords = {
  browser: 'Notebooks de la salle',
  exercises: 'Exercices',
  unsupported: 'Les notebooks d’une salle viennent de « Partager ce notebook » ; on n’en crée pas ici.',
  unknownDocument: 'Ce notebook n’est pas (ou plus) dans la salle.',
  failure: failure =>
    failure.kind === 'refused'
      ? failure.refusal.message
      : 'Les salles de formation ne répondent pas. Réessayez dans un instant.',
  privateOutput: 'Vous seul voyez ce résultat',
  readOnly: 'Lecture seule',
  readOnlyWhy:
    'C’est le formateur qui écrit ici. Vous pouvez exécuter chaque cellule dans votre propre noyau : vous seul voyez le résultat.',
  copyState: state =>
    ({
      working: 'Votre copie de l’exercice',
      handed_in: 'Rendu. Reprenez-le pour y changer quelque chose',
      collected: 'Ramassé par le formateur : on ne peut plus y écrire',
      returned: 'Corrigé et rendu par le formateur',
    })[state],
  ownersCopy: owner => `La copie de ${owner}, en direct. On n’y écrit qu’à sa demande de coup de main`,
  handIn: 'Rendre',
  handInCaption:
    'Dire au formateur que c’est fini ; on peut reprendre sa copie tant qu’elle n’est pas ramassée',
  takeCopyBack: 'Reprendre',
  saved: 'Enregistré dans la salle',
  saving: 'Enregistrement…',
  offline: 'Hors ligne : vos modifications attendent, et partiront au retour de la connexion',
  dropped: message => `Une modification n’a pas été acceptée : ${message}`,
  share: 'Partager ce notebook',
  shareCaption: 'Mettre une copie de ce notebook dans la salle, pour que tous le suivent',
  shared: (name, room) =>
    `« ${name} » est maintenant dans la salle « ${room} ». Présentez-le pour que chacun l’ait sous les yeux.`,
  present: 'Présenter à tous',
  presentCaption: 'Mettre ce notebook au centre de l’écran de chacun',
  stopPresenting: 'Arrêter de présenter',
  copy: 'Copier dans mes fichiers',
  copyCaption: 'Garder une copie de ce notebook, tel qu’il est, dans vos fichiers',
  copied: name => `« ${name} » est dans vos fichiers`,
  open: 'Ouvrir',
  follow: 'Suivre le formateur',
  following: 'Vous suivez le formateur',
  followCaption: 'Défiler et ouvrir comme le formateur ; défilez vous-même pour arrêter',
  wayBack: name => `Revenir à ${name}`,
  presents: by => (by === null ? 'Un notebook est présenté à tous' : `${by} présente un notebook à tous`),
  point: 'Pointeur',
  pointCaption: 'Montrer à tous où se trouve votre souris',
  handOut: 'Distribuer comme exercice',
  handOutCaption: 'Donner à chaque stagiaire sa propre copie',
  handOutTitle: name => `Distribuer « ${name} » ?`,
  handOutBody: 'Chaque stagiaire reçoit sa propre copie dans la salle. Vous les voyez toutes sur le mur.',
  deadline: 'Jusqu’à (facultatif)',
  handedOut: (name, count) =>
    `« ${name} » est distribué (${count < 2 ? `${count} copie` : `${count} copies`}). Où ils en sont : Supports › Mur, dans la salle.`,
  cancel: 'Annuler',
  askHelp: 'Demander un coup de main',
  askHelpCaption: minutes =>
    `Le formateur pourra modifier et exécuter ce notebook pendant ${minutes} minutes`,
  takeBack: 'Terminer le coup de main',
  helpUntil: time => `Aide jusqu’à ${time}`,
  helping: owner => `Coup de main à ${owner} : les cellules s’exécutent dans son noyau`,
  ranFor: by => `${by} a exécuté une cellule dans votre noyau`,
  nobodyRuns: owner => `${owner} est sur la page sans noyau : on ne peut pas y exécuter de cellule`,
  handLog: 'Coups de main',
  handLogCaption: 'Qui a aidé dans cette copie, quand, et quelles cellules ont été exécutées',
  close: 'Fermer',
  late: 'Vos dernières modifications sont arrivées trop tard : entre-temps, ce notebook a été ramassé ou changé.',
  tooLong: (pasted, most) =>
    `Trop long pour être collé : ${pasted.toLocaleString('fr')} caractères, ${most.toLocaleString('fr')} au plus. Rien n’a changé.`,
  zone: zone => `À votre heure (${zone}). Le ramassage se fera tout seul.`,
  chooseRoom: 'Quelle salle ?',
  noRoom: 'Vous n’animez aucune salle de formation.',
  alsoHere: names => `Aussi ici : ${names}`,
};

export const DRIVE_WORDS: Record<Locale, DriveWords> = { en, fr };
