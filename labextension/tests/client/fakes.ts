/** Time, sockets, peer connections and devices that tests move by hand. */
import { RoomClient, type Devices } from '../../src/client';
import type { DevicesState, Replacement } from '../../src/client/devices';
import { Emitter, Store } from '../../src/client/observable';
import type { Scheduler } from '../../src/client/scheduler';
import type {
  ClientMessage,
  ParticipantView,
  RoomView,
  ServerMessage,
  Welcome,
} from '../../src/protocol/messages';

export class ManualScheduler implements Scheduler {
  private time = 1_000_000;
  private readonly tasks = new Map<number, { at: number; task: () => void }>();
  private next = 0;
  chance = 0.5;

  now = () => this.time;
  random = () => this.chance;

  after(delayMs: number, task: () => void): () => void {
    const key = (this.next += 1);
    this.tasks.set(key, { at: this.time + delayMs, task });
    return () => {
      this.tasks.delete(key);
    };
  }

  /** Moves time on, running what falls due in order. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const due = [...this.tasks.entries()]
        .filter(([, one]) => one.at <= end)
        .sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) {
        break;
      }
      const [key, { at, task }] = due;
      this.tasks.delete(key);
      this.time = at;
      task();
    }
    this.time = end;
  }

  get pending(): number {
    return this.tasks.size;
  }
}

export class FakeSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: ClientMessage[] = [];
  wasClosed = false;

  constructor(readonly url: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientMessage);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** The other side, or the network, ends the connection. */
  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  close(): void {
    this.wasClosed = true;
    this.readyState = 3;
  }

  of<T extends ClientMessage['type']>(type: T): Extract<ClientMessage, { type: T }>[] {
    return this.sent.filter((one): one is Extract<ClientMessage, { type: T }> => one.type === type);
  }
}

export class FakeTrack {
  readyState: 'live' | 'ended' = 'live';
  contentHint = '';
  onended: (() => void) | null = null;
  constructor(
    readonly kind: 'audio' | 'video',
    readonly deviceId = `${kind}-1`,
  ) {}
  get label(): string {
    return this.deviceId;
  }
  getSettings() {
    return { deviceId: this.deviceId };
  }
  stop(): void {
    this.readyState = 'ended';
  }
  /** The device was unplugged. */
  end(): void {
    this.readyState = 'ended';
    this.onended?.();
  }
}

export class FakeStream {
  constructor(readonly tracks: FakeTrack[]) {}
  getTracks = () => this.tracks;
  getAudioTracks = () => this.tracks.filter(one => one.kind === 'audio');
  getVideoTracks = () => this.tracks.filter(one => one.kind === 'video');
}

interface FakeTransceiver {
  mid: string | null;
  kind: 'audio' | 'video';
  direction: string;
  track: MediaStreamTrack | null;
  encodings: RTCRtpEncodingParameters[];
  sender: RTCRtpSender;
  receiver: { track: FakeTrack };
  codecs: string[];
  setCodecPreferences: (codecs: ReadonlyArray<{ mimeType: string }>) => void;
}

export class FakePeer {
  connectionState: RTCPeerConnectionState = 'new';
  signalingState: RTCSignalingState = 'stable';
  onconnectionstatechange: (() => void) | null = null;
  localDescription: { sdp: string } | null = null;
  readonly transceivers: FakeTransceiver[] = [];
  readonly answers: string[] = [];
  restarts = 0;
  isClosed = false;

  constructor(
    readonly configuration: RTCConfiguration,
    readonly number: number,
  ) {}

  addTransceiver(kind: 'audio' | 'video', init: RTCRtpTransceiverInit): FakeTransceiver {
    const transceiver: FakeTransceiver = {
      mid: null,
      kind,
      direction: init.direction ?? '',
      track: null,
      encodings: (init.sendEncodings ?? [{}]).map(one => ({ active: true, ...one })),
      sender: {
        replaceTrack: (track: MediaStreamTrack | null) => {
          transceiver.track = track;
          return Promise.resolve();
        },
        getParameters: () => ({ encodings: transceiver.encodings.map(one => ({ ...one })) }),
        setParameters: (given: RTCRtpSendParameters) => {
          transceiver.encodings = given.encodings;
          return Promise.resolve();
        },
      } as unknown as RTCRtpSender,
      receiver: { track: new FakeTrack(kind) },
      codecs: [],
      setCodecPreferences: codecs => {
        transceiver.codecs = codecs.map(({ mimeType }) => mimeType);
      },
    };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  getTransceivers = () => this.transceivers;

  restartIce(): void {
    this.restarts += 1;
  }

  createOffer() {
    return Promise.resolve({ type: 'offer', sdp: this.sdp });
  }

  private get sdp(): string {
    const ufrag = this.restarts > 0 ? `\na=ice-ufrag:mine${this.restarts}` : '';
    return `offer ${this.number}${ufrag}`;
  }

  setLocalDescription(given?: { type: string }): Promise<void> {
    if (given?.type === 'rollback') {
      this.signalingState = 'stable';
      return Promise.resolve();
    }
    this.transceivers.forEach((transceiver, index) => {
      transceiver.mid = String(index);
    });
    this.signalingState = 'have-local-offer';
    this.localDescription = { sdp: this.sdp };
    return Promise.resolve();
  }

  setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.answers.push(sdp);
    this.signalingState = 'stable';
    return Promise.resolve();
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  getStats = () => Promise.resolve(new Map());

  close(): void {
    this.isClosed = true;
  }
}

/** The part of `Devices` that the client uses, with devices that always open. */
export class FakeDevices {
  readonly replaced = new Emitter<Replacement>();
  readonly store = new Store<DevicesState>({
    microphones: [],
    cameras: [],
    speakers: [],
    chosen: { microphone: '', camera: '', speaker: '' },
    sound: { mode: 'speech', suppressesNoise: true },
    permission: { microphone: 'granted', camera: 'granted' },
    problems: { microphone: null, camera: null },
    tracks: { microphone: null, camera: null },
    opening: { microphone: false, camera: false },
  });
  isRefused = false;
  readonly wishes = { thrift: 'everything' };
  readonly remember = () => undefined;

  open(kind: 'microphone' | 'camera'): Promise<MediaStreamTrack | null> {
    if (this.isRefused) {
      return Promise.resolve(null);
    }
    const track = new FakeTrack(kind === 'camera' ? 'video' : 'audio') as unknown as MediaStreamTrack;
    this.store.update(state => ({ ...state, tracks: { ...state.tracks, [kind]: track } }));
    return Promise.resolve(track);
  }

  close(kind: 'microphone' | 'camera'): void {
    this.store.get().tracks[kind]?.stop();
    this.store.update(state => ({ ...state, tracks: { ...state.tracks, [kind]: null } }));
  }

  closeAll(): void {
    this.close('microphone');
    this.close('camera');
  }
}

/** Lets promises that are ready run to their end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) {
    await Promise.resolve();
  }
}

export const ROOM: RoomView = {
  roomId: 'python',
  name: 'Python',
  customerName: 'Acme',
  state: 'open',
  admission: 'everybody',
  isGuestAccessOpen: false,
  welcome: '',
  openedAt: null,
  entitledUntil: null,
};

export function someone(participantId: string, changes: Partial<ParticipantView> = {}): ParticipantView {
  return {
    participantId,
    name: participantId.toUpperCase(),
    role: 'participant',
    isGuest: false,
    sources: [],
    handRaisedAt: null,
    isReconnecting: false,
    hasMedia: true,
    sends: 'good',
    receives: 'good',
    ...changes,
  };
}

export function welcome(changes: Partial<Welcome> = {}): Welcome {
  return {
    type: 'welcome',
    participantId: 'me',
    resume: 'token-1',
    room: ROOM,
    participants: [someone('me')],
    chat: [],
    slots: [],
    waiting: [],
    iceServers: [],
    serverTime: '2026-11-23T09:00:00Z',
    isMediaKept: false,
    permissions: [],
    isMediaStrained: false,
    videoCodecs: ['VP8'],
    presented: null,
    ...changes,
  };
}

/** A client with everything around it under the test's hand. */
export class World {
  readonly scheduler = new ManualScheduler();
  readonly devices = new FakeDevices();
  readonly sockets: FakeSocket[] = [];
  readonly peers: FakePeer[] = [];
  private ids = 0;
  readonly client = new RoomClient({
    prefix: '/services/rooms/',
    roomId: 'python',
    devices: this.devices as unknown as Devices,
    locale: () => 'fr',
    scheduler: this.scheduler,
    openSocket: url => {
      const socket = new FakeSocket(url);
      this.sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    createConnection: configuration => {
      const peer = new FakePeer(configuration, this.peers.length + 1);
      this.peers.push(peer);
      return peer as unknown as RTCPeerConnection;
    },
    createAudio: () =>
      ({ play: () => Promise.resolve(), pause: () => undefined }) as unknown as HTMLAudioElement,
    newId: () => `id-${(this.ids += 1)}`,
    socketOrigin: 'wss://training.example',
  });

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) {
      throw new Error('no socket was opened');
    }
    return socket;
  }

  get peer(): FakePeer {
    const peer = this.peers.at(-1);
    if (!peer) {
      throw new Error('no peer connection was made');
    }
    return peer;
  }

  get state() {
    return this.client.store.get();
  }

  /** In the room, with media up. */
  async inside(changes: Partial<Welcome> = {}, choices = { microphone: true, camera: true }): Promise<void> {
    if (choices.microphone) {
      await this.devices.open('microphone');
    }
    if (choices.camera) {
      await this.devices.open('camera');
    }
    this.client.enter(choices);
    this.socket.open();
    this.socket.say(welcome(changes));
    await settle();
    this.socket.say({ type: 'media_answer', sdp: 'answer' });
    await settle();
    this.peer.become('connected');
  }
}

/** Names that Node lacks and the client expects of a browser. */
export function installBrowserNames(): void {
  const getCapabilities = () => ({
    codecs: [{ mimeType: 'video/VP8' }, { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' }],
  });
  Object.assign(globalThis, {
    MediaStream: FakeStream,
    RTCRtpReceiver: { getCapabilities },
    RTCRtpSender: { getCapabilities },
  });
}
