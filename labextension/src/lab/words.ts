/** What the JupyterLab extension says around the room, in both languages; the room has its own words. */
import type { Locale } from '../words';
import type { Role, RoomState } from '../protocol/messages';

export interface LabWords {
  room: string;
  menu: string;
  rooms: string;
  openRoom: string;
  openRoomCaption: string;
  openNamed: (name: string) => string;
  backToRoom: string;
  leave: string;
  copyLink: string;
  linkCopied: string;
  refresh: string;
  loading: string;
  connecting: string;
  connect: string;
  connectWhy: string;
  windowForbidden: string;
  unavailable: string;
  tryAgain: string;
  noRooms: string;
  failed: string;
  unknownRoom: (roomId: string) => string;
  here: string;
  people: (count: number) => string;
  state: Record<RoomState, string>;
  role: Record<Role, string>;
  microphone: string;
  camera: string;
  share: string;
  hand: string;
  microphoneOn: string;
  microphoneOff: string;
  connected: string;
  reconnecting: string;
  mediaInterrupted: string;
  mediaBlocked: string;
  atTheDoor: string;
  left: string;
  shut: string;
  elsewhere: string;
  lost: string;
  waiting: string;
  strip: string;
  leaveOther: (name: string) => string;
  leaveOtherBody: (other: string) => string;
  cancel: string;
}

const en: LabWords = {
  room: 'Training room',
  menu: 'Room',
  rooms: 'My rooms',
  openRoom: 'Open training room',
  openRoomCaption: 'Camera and microphone check, then in',
  openNamed: name => `Open “${name}”`,
  backToRoom: 'Back to the room',
  leave: 'Leave the room',
  copyLink: 'Copy the room’s link',
  linkCopied: 'Link copied',
  refresh: 'Look again',
  loading: 'Looking for your rooms…',
  connecting: 'Connecting…',
  connect: 'Connect',
  connectWhy: 'The training rooms want to know that it is you. A small window opens and closes by itself.',
  windowForbidden: 'The browser kept the small window from opening. Allow it for this site, then try again.',
  unavailable: 'The training rooms do not answer. Your notebooks are not affected.',
  tryAgain: 'Try again',
  noRooms: 'You belong to no training room yet. Whoever runs the platform can add you to one.',
  failed: 'Your rooms could not be read.',
  unknownRoom: roomId => `The room “${roomId}” is not among yours.`,
  here: 'you are here',
  people: count => (count === 1 ? '1 person' : `${count} people`),
  state: {
    idle: 'closed',
    waiting: 'people are waiting',
    open: 'open',
    lingering: 'the trainer has left',
    cut: 'shut by the contract',
  },
  role: { host: 'trainer', cohost: 'co-host', participant: 'participant', observer: 'observer' },
  microphone: 'Microphone',
  camera: 'Camera',
  share: 'Share screen',
  hand: 'Raise hand',
  microphoneOn: 'microphone on',
  microphoneOff: 'microphone off',
  connected: 'connected',
  reconnecting: 'reconnecting…',
  mediaInterrupted: 'sound and picture interrupted',
  mediaBlocked: 'sound and picture blocked by the network',
  atTheDoor: 'not in the room yet',
  left: 'session left',
  shut: 'room shut',
  elsewhere: 'open in another window',
  lost: 'connection lost',
  waiting: 'waiting to be let in',
  strip: 'Faces and controls below',
  leaveOther: name => `Leave “${name}”?`,
  leaveOtherBody: other => `You are in one room at a time. Opening “${other}” leaves the present one.`,
  cancel: 'Stay',
};

const fr: LabWords = {
  room: 'Salle de formation',
  menu: 'Salle',
  rooms: 'Mes salles',
  openRoom: 'Ouvrir la salle de formation',
  openRoomCaption: 'Vérifier caméra et micro, puis entrer',
  openNamed: name => `Ouvrir « ${name} »`,
  backToRoom: 'Revenir à la salle',
  leave: 'Quitter la salle',
  copyLink: 'Copier le lien de la salle',
  linkCopied: 'Lien copié',
  refresh: 'Actualiser',
  loading: 'Recherche de vos salles…',
  connecting: 'Connexion…',
  connect: 'Se connecter',
  connectWhy:
    'Les salles de formation doivent savoir que c’est bien vous. Une petite fenêtre s’ouvre et se referme seule.',
  windowForbidden:
    'Le navigateur a empêché la petite fenêtre de s’ouvrir. Autorisez-la pour ce site, puis réessayez.',
  unavailable: 'Les salles de formation ne répondent pas. Vos notebooks ne sont pas touchés.',
  tryAgain: 'Réessayer',
  noRooms:
    'Vous n’appartenez encore à aucune salle de formation. L’administrateur de la plateforme peut vous y ajouter.',
  failed: 'Vos salles n’ont pas pu être lues.',
  unknownRoom: roomId => `La salle « ${roomId} » n’est pas parmi les vôtres.`,
  here: 'vous y êtes',
  people: count => (count < 2 ? `${count} personne` : `${count} personnes`),
  state: {
    idle: 'fermée',
    waiting: 'des personnes attendent',
    open: 'ouverte',
    lingering: 'le formateur est parti',
    cut: 'fermée par le contrat',
  },
  role: {
    host: 'formateur',
    cohost: 'co-animateur',
    participant: 'participant',
    observer: 'observateur',
  },
  microphone: 'Micro',
  camera: 'Caméra',
  share: 'Partager l’écran',
  hand: 'Lever la main',
  microphoneOn: 'micro ouvert',
  microphoneOff: 'micro coupé',
  connected: 'connecté',
  reconnecting: 'reconnexion…',
  mediaInterrupted: 'son et image interrompus',
  mediaBlocked: 'son et image bloqués par le réseau',
  atTheDoor: 'pas encore dans la salle',
  left: 'séance quittée',
  shut: 'salle fermée',
  elsewhere: 'ouverte dans une autre fenêtre',
  lost: 'connexion perdue',
  waiting: 'en attente d’être admis',
  strip: 'Visages et commandes en bas',
  leaveOther: name => `Quitter « ${name} » ?`,
  leaveOtherBody: other => `On est dans une seule salle à la fois. Ouvrir « ${other} » fait quitter l’autre.`,
  cancel: 'Rester',
};

export const LAB_WORDS: Record<Locale, LabWords> = { en, fr };
