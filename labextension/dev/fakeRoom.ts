/**
 * A room that exists only in this page: a WebSocket and a peer connection that
 * answer the real client by script, for looking at screens without a service.
 */
import type {
  ClientMessage,
  LinkView,
  ParticipantView,
  RefusalView,
  Role,
  RoomView,
  ServerMessage,
  SlotAssignment,
  Source,
  Welcome,
} from '../src/protocol/messages';

import { paint } from './paintings';

export const ROOM: RoomView = {
  roomId: 'python',
  name: 'Python pour l’analyse de données',
  customerName: 'Atelier Numérique de Lyon',
  state: 'open',
  admission: 'members',
  isGuestAccessOpen: true,
  welcome: 'Bonjour ! Nous commençons à 9 h. Le carnet du jour est dans vos fichiers, dossier « jour-2 ».',
  openedAt: '2026-11-23T08:02:00Z',
  entitledUntil: null,
};

const NAMES = [
  'Camille Lefèvre',
  'Nadia Benali',
  'Jean-Baptiste Moreau',
  'Inès Da Costa',
  'Thomas Nguyen',
  'Oumar Diallo',
  'Élise Fontaine',
  'Marco Rossi',
  'Sophie Martin',
  'Yann Le Goff',
  'Fatou Ndiaye',
  'Hugo Bernard',
  'Lucie Petit',
  'Ali Hassan',
  'Anne-Charlotte de La Rochefoucauld',
];

export function person(index: number, changes: Partial<ParticipantView> = {}): ParticipantView {
  return {
    participantId: `p${index}`,
    name: NAMES[index % NAMES.length] ?? 'Personne',
    role: index === 0 ? 'host' : 'participant',
    isGuest: index % 5 === 4,
    sources: index % 4 === 3 ? ['microphone'] : index % 3 === 2 ? ['camera'] : ['microphone', 'camera'],
    handRaisedAt: null,
    isReconnecting: false,
    hasMedia: true,
    sends: 'good',
    receives: 'good',
    ...changes,
  };
}

export interface Script {
  people: number;
  myRole: Role;
  isGuest: boolean;
  screen: boolean;
  busy: boolean;
  entry: 'welcome' | 'waiting' | 'needs_admission' | 'refused' | 'dead';
  refusal: RefusalView;
  roomState: RoomView['state'];
  visitor: LinkView['visitor'];
}

/** Plays the rooms service's part. */
export class FakeRoom {
  private socket: FakeSocket | null = null;
  private connection: FakeConnection | null = null;
  participants: ParticipantView[] = [];

  constructor(private readonly script: Script) {
    const me = 1;
    this.participants = Array.from({ length: Math.max(1, script.people) }, (_, index) =>
      index === me || script.people === 1
        ? person(me, { role: script.myRole, isGuest: script.isGuest, sources: [] })
        : person(index),
    );
    const [first, , third, fourth] = this.participants;
    if (script.screen && first && script.people > 1) {
      this.replace({ ...first, sources: ['microphone', 'camera', 'screen'] });
    }
    if (script.busy && third && fourth) {
      this.replace({ ...third, handRaisedAt: '2026-11-23T09:10:00Z', receives: 'none' });
      this.replace({ ...fourth, handRaisedAt: '2026-11-23T09:08:00Z', sends: 'poor' });
      const away = this.participants[5];
      if (away) {
        this.replace({ ...away, isReconnecting: true });
      }
    }
  }

  readonly openSocket = (): WebSocket => {
    this.socket = new FakeSocket(this.script.entry === 'dead', message => {
      this.answer(message);
    });
    return this.socket as unknown as WebSocket;
  };

  readonly createConnection = (): RTCPeerConnection => {
    this.connection = new FakeConnection();
    return this.connection as unknown as RTCPeerConnection;
  };

  say(message: ServerMessage): void {
    this.socket?.deliver(message);
  }

  /** The line breaks and does not come back. */
  breakLine(): void {
    this.script.entry = 'dead';
    this.socket?.break();
  }

  private replace(changed: ParticipantView): void {
    this.participants = this.participants.map(one =>
      one.participantId === changed.participantId ? changed : one,
    );
  }

  private answer(message: ClientMessage): void {
    switch (message.type) {
      case 'hello':
        this.greet();
        return;
      case 'layout': {
        const assignments: SlotAssignment[] = message.videos.slice(0, 12).map((video, index) => {
          const mid = String(10 + index);
          this.connection?.show(mid, Number(video.participantId.slice(1)), video.source);
          return { mid, participantId: video.participantId, source: video.source };
        });
        this.say({ type: 'slots', assignments });
        return;
      }
      case 'media_offer':
        this.connection?.connect();
        return;
      case 'hand': {
        const id = message.participantId ?? 'p1';
        const who = this.participants.find(one => one.participantId === id);
        if (who) {
          const changed = { ...who, handRaisedAt: message.isRaised ? new Date().toISOString() : null };
          this.replace(changed);
          this.say({ type: 'participant_changed', participant: changed });
        }
        return;
      }
      case 'react':
        this.say({ type: 'reacted', participantId: 'p1', reaction: message.reaction });
        return;
      case 'chat_send':
        this.say({
          type: 'chat_posted',
          chat: {
            messageId: Date.now(),
            clientId: message.clientId,
            authorId: 'p1',
            authorName: NAMES[1] ?? '',
            text: message.text,
            postedAt: new Date().toISOString(),
          },
        });
        return;
      default:
        return;
    }
  }

  private greet(): void {
    const { script } = this;
    if (script.entry === 'refused') {
      this.say({ type: 'refused', refusal: script.refusal });
      return;
    }
    if (script.entry === 'waiting' || script.entry === 'needs_admission') {
      this.say({
        type: 'waiting',
        reason: script.entry === 'waiting' ? 'no_host' : 'needs_admission',
        room: ROOM,
        participantId: 'p1',
        resume: 'r',
      });
      return;
    }
    const chat: Welcome['chat'] = script.busy
      ? [
          { author: 0, text: 'Bonjour à toutes et à tous !', at: '08:58' },
          { author: 0, text: 'Le carnet est ici : https://formation.example/jour-2', at: '08:59' },
          { author: 4, text: 'Bonjour, j’ai bien le carnet.', at: '09:01' },
          { author: 1, text: 'Moi aussi, merci.', at: '09:01' },
          { author: 2, text: 'Est-ce que polyfit accepte des poids ?', at: '09:07' },
          {
            author: 0,
            text: 'Oui : l’argument w, un poids par point. On le voit dans dix minutes.',
            at: '09:08',
          },
        ].map((line, index) => ({
          messageId: index + 1,
          clientId: `c${index}`,
          authorId: `p${line.author}`,
          authorName: NAMES[line.author] ?? '',
          text: line.text,
          postedAt: `2026-11-23T${line.at}:00`,
        }))
      : [];
    this.say({
      type: 'welcome',
      participantId: 'p1',
      resume: 'r',
      room: ROOM,
      participants: this.participants,
      chat,
      slots: [],
      waiting:
        script.busy && script.myRole !== 'participant' ? [person(12), person(14, { isGuest: true })] : [],
      iceServers: [],
      serverTime: new Date().toISOString(),
      isMediaKept: false,
      permissions: [],
      presented: null,
      isMediaStrained: false,
      videoCodecs: ['VP8'],
    });
    if (script.people > 2) {
      setTimeout(() => {
        this.say({ type: 'speakers', participantIds: ['p0'] });
      }, 300);
    }
  }
}

class FakeSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(
    isDead: boolean,
    private readonly onSend: (message: ClientMessage) => void,
  ) {
    setTimeout(() => {
      if (isDead) {
        this.break();
      } else {
        this.readyState = 1;
        this.onopen?.();
      }
    }, 20);
  }

  send(text: string): void {
    const message = JSON.parse(text) as ClientMessage;
    setTimeout(() => {
      this.onSend(message);
    }, 5);
  }

  deliver(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  break(): void {
    this.readyState = 3;
    this.onclose?.({ code: 1006 });
  }

  close(): void {
    this.readyState = 3;
  }
}

/** A peer connection whose slots are painted; nothing leaves the page. */
class FakeConnection {
  connectionState: RTCPeerConnectionState = 'new';
  signalingState = 'stable';
  onconnectionstatechange: (() => void) | null = null;
  localDescription = { sdp: 'v=0' };
  private readonly transceivers: { mid: string; sender: unknown; receiver: { track: MediaStreamTrack } }[] =
    [];
  private readonly streams = new Map<string, MediaStream>();

  addTransceiver() {
    const transceiver = {
      mid: String(this.transceivers.length),
      setCodecPreferences: () => undefined,
      sender: {
        replaceTrack: () => Promise.resolve(),
        getParameters: () => ({ encodings: [{}] }),
        setParameters: () => Promise.resolve(),
      },
      receiver: { track: paint('nothing', 0) },
    };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  getTransceivers() {
    return this.transceivers;
  }

  createOffer() {
    return Promise.resolve({ type: 'offer', sdp: '' });
  }

  restartIce(): void {
    // A fake way never changes.
  }

  setLocalDescription() {
    this.signalingState = 'have-local-offer';
    return Promise.resolve();
  }

  getStats() {
    return Promise.resolve(new Map());
  }

  connect(): void {
    setTimeout(() => {
      this.connectionState = 'connected';
      this.onconnectionstatechange?.();
    }, 50);
  }

  /** Puts a painting into a slot, in the very stream that the client already shows. */
  show(mid: string, index: number, source: Source): void {
    const client = window.webvisio?.client;
    const stream = client?.media.store.get().videos.get(mid) ?? this.streams.get(mid);
    if (stream) {
      for (const track of stream.getTracks()) {
        stream.removeTrack(track);
      }
      stream.addTrack(paint(source === 'screen' ? 'screen' : 'person', index));
    }
  }

  close(): void {
    this.connectionState = 'closed';
  }
}
