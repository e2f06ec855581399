/**
 * One peer connection, negotiated once: sending m-lines for our own sources,
 * `recvonly` m-lines as slots. Muting, switching and sharing replace tracks;
 * nobody renegotiates with the service. A change of networks restarts ICE, and
 * another way to encode sound is settled with the answer at hand; a reset makes
 * a whole new connection and offers again.
 *
 * Invariant: an answer is applied to the connection whose offer it answers,
 * never to an older one.
 */
import type { Source, Welcome } from '../protocol/messages';

import { retryDelayMs } from './backoff';
import { preferCodecs } from './codecs';
import {
  SOUND_BPS,
  ufragOf,
  withCredentials,
  withSound,
  withStereoSlots,
  type IceCredentials,
  type SoundMode,
} from './descriptions';
import { Store } from './observable';
import type { Cancel, Scheduler } from './scheduler';

export const AUDIO_SLOTS = 6;
export const VIDEO_SLOTS = 12;
/** ICE and DTLS that are not up by then: the network lets no UDP through. */
export const CONNECTING_LIMIT_MS = 9000;
/** A connection that was up and that restarting ICE does not bring back by then is made anew. */
export const INTERRUPTION_LIMIT_MS = 5000;

export type MediaConnection = 'none' | 'connecting' | 'connected' | 'interrupted' | 'failed';

export interface MediaState {
  connection: MediaConnection;
  /** Never yet connected although tried: what a firewall that blocks UDP looks like. */
  isBlocked: boolean;
  /** The service said that it cannot take media now; tried again by itself. */
  isUnavailable: boolean;
  /** The browser wants a click before it plays sound. */
  isSoundHeld: boolean;
  /** Receiving pictures by mid. */
  videos: ReadonlyMap<string, MediaStream>;
  /** Grows with each new peer connection. */
  generation: number;
}

const NO_MEDIA: MediaState = {
  connection: 'none',
  isBlocked: false,
  isUnavailable: false,
  isSoundHeld: false,
  videos: new Map(),
  generation: 0,
};

/** What the service says about connections: its servers, and in which codecs pictures are offered. */
export type MediaTerms = Pick<Welcome, 'iceServers' | 'videoCodecs'>;

export interface MediaSetup {
  scheduler: Scheduler;
  createConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  createAudio: () => HTMLAudioElement;
  offer: (sdp: string, sources: Record<string, Source>) => void;
  /** Asks for the worker's new credentials; false while the line to the service is down. */
  restartIce: (ufrag: string) => boolean;
}

/** Sending m-lines, in the order of the offer. */
export const SENDING: ReadonlyArray<{ source: Source; kind: 'audio' | 'video' }> = [
  { source: 'microphone', kind: 'audio' },
  { source: 'camera', kind: 'video' },
  { source: 'screen', kind: 'video' },
  { source: 'screen_audio', kind: 'audio' },
];

const SCREEN_BPS = 2_500_000;

/** A layer of the camera; TypeScript does not know `scalabilityMode` yet, some browsers neither. */
type LayerParameters = RTCRtpEncodingParameters & { scalabilityMode: string };

/**
 * The camera is sent three times, smallest first: the worker gives each
 * receiver the layer that fits the size of its tile and its line. Each has
 * three temporal layers, so that a slow line may get fewer frames.
 */
export const CAMERA_LAYERS: ReadonlyArray<LayerParameters> = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000, maxFramerate: 20, scalabilityMode: 'L1T3' },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 450_000, maxFramerate: 24, scalabilityMode: 'L1T3' },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_400_000, maxFramerate: 30, scalabilityMode: 'L1T3' },
];

function encodingsOf(source: Source, sound: SoundMode): RTCRtpEncodingParameters[] {
  switch (source) {
    case 'microphone':
      return [{ maxBitrate: SOUND_BPS[sound], networkPriority: 'high', priority: 'high' }];
    case 'screen_audio':
      return [{ maxBitrate: SOUND_BPS.music }];
    case 'camera':
      return CAMERA_LAYERS.map(layer => ({ ...layer }));
    case 'screen':
      return [{ maxBitrate: SCREEN_BPS, maxFramerate: 15 }];
  }
}

interface Connected {
  connection: RTCPeerConnection;
  senders: Map<Source, RTCRtpSender>;
  mids: Map<Source, string>;
  players: HTMLAudioElement[];
  /** The worker's answer, as it came; null until it came. */
  answer: string | null;
  /** The worker's credentials since the last ICE restart. */
  credentials: IceCredentials | null;
}

export class MediaSession {
  readonly store = new Store<MediaState>(NO_MEDIA);
  private current: Connected | null = null;
  private readonly tracks = new Map<Source, MediaStreamTrack>();
  private terms: MediaTerms = { iceServers: [], videoCodecs: [] };
  private speaker = '';
  private sound: SoundMode = 'speech';
  private wantedLayers = CAMERA_LAYERS.length;
  private attempt = 0;
  private wasEverConnected = false;
  private cancelLimit: Cancel | null = null;

  constructor(private readonly setup: MediaSetup) {}

  /** The live connection, for statistics; null outside a room. */
  get connection(): RTCPeerConnection | null {
    return this.current?.connection ?? null;
  }

  /** Begins anew: closes what was, offers, and waits for the answer. */
  async start(terms: MediaTerms = this.terms): Promise<void> {
    this.terms = terms;
    this.wantedLayers = CAMERA_LAYERS.length;
    this.discard();
    const connection = this.setup.createConnection({
      bundlePolicy: 'max-bundle',
      // Only the operator's own servers, if any: nobody else learns who meets whom.
      iceServers: terms.iceServers.map(server => ({
        urls: [...server.urls],
        ...(server.username === null ? {} : { username: server.username }),
        ...(server.credential === null ? {} : { credential: server.credential }),
      })),
    });
    const current: Connected = {
      connection,
      senders: new Map(),
      mids: new Map(),
      players: [],
      answer: null,
      credentials: null,
    };
    this.current = current;
    this.change(state => ({
      connection: 'connecting',
      videos: new Map(),
      generation: state.generation + 1,
    }));
    connection.onconnectionstatechange = () => {
      this.connectionChanged(current);
    };
    this.limit(CONNECTING_LIMIT_MS, () => {
      this.failed();
    });
    const sending = SENDING.map(({ source, kind }) => {
      const transceiver = connection.addTransceiver(kind, {
        direction: 'sendonly',
        sendEncodings: encodingsOf(source, this.sound),
      });
      preferCodecs(transceiver, kind, this.terms.videoCodecs);
      current.senders.set(source, transceiver.sender);
      return { source, transceiver };
    });
    const receiving = [...slotKinds()].map(kind => {
      const transceiver = connection.addTransceiver(kind, { direction: 'recvonly' });
      preferCodecs(transceiver, kind, this.terms.videoCodecs);
      return { kind, transceiver };
    });
    await Promise.all(
      sending.map(({ source, transceiver }) =>
        transceiver.sender.replaceTrack(this.tracks.get(source) ?? null),
      ),
    );
    await describe(connection);
    if (this.current !== current) {
      return;
    }
    const videos = new Map<string, MediaStream>();
    for (const { kind, transceiver } of receiving) {
      const stream = new MediaStream([transceiver.receiver.track]);
      if (kind === 'audio') {
        this.playAloud(current, stream);
      } else if (transceiver.mid !== null) {
        videos.set(transceiver.mid, stream);
      }
    }
    this.change(() => ({ videos }));
    const sources: Record<string, Source> = {};
    for (const { source, transceiver } of sending) {
      if (transceiver.mid !== null) {
        sources[transceiver.mid] = source;
        current.mids.set(source, transceiver.mid);
      }
    }
    this.setup.offer(connection.localDescription?.sdp ?? '', sources);
  }

  /** Applies the worker's answer to the newest offer. */
  async answer(sdp: string): Promise<void> {
    const { current } = this;
    if (current?.connection.signalingState === 'have-local-offer') {
      current.answer = sdp;
      await this.settle(current, sdp);
      this.change(() => ({ isUnavailable: false }));
    }
  }

  /**
   * The network changed under a connection that is up or was: looks for another
   * way while everything that is sent and shown stays. What does not come back
   * within `INTERRUPTION_LIMIT_MS` is made anew.
   */
  async restartIce(): Promise<void> {
    const { current } = this;
    if (!current?.answer || current.connection.signalingState !== 'stable') {
      return;
    }
    this.limit(INTERRUPTION_LIMIT_MS, () => void this.start());
    current.connection.restartIce();
    await describe(current.connection);
    const ufrag = ufragOf(current.connection.localDescription?.sdp ?? '');
    if (this.current === current && (ufrag === null || !this.setup.restartIce(ufrag))) {
      await current.connection.setLocalDescription({ type: 'rollback' });
    }
  }

  /** The worker's new credentials: the browser now tries every way again. */
  async iceRestarted(credentials: IceCredentials): Promise<void> {
    const { current } = this;
    if (!current?.answer || current.connection.signalingState !== 'have-local-offer') {
      return;
    }
    current.credentials = credentials;
    await this.settle(current, current.answer);
    if (current.connection.connectionState === 'connected') {
      this.connectionChanged(current);
    }
  }

  /** Encodes the microphone for speech or for music from now on. */
  async setSound(sound: SoundMode): Promise<void> {
    if (sound === this.sound) {
      return;
    }
    this.sound = sound;
    const { current } = this;
    const sender = current?.senders.get('microphone');
    if (!current || !sender) {
      return;
    }
    const parameters = sender.getParameters();
    parameters.encodings.forEach(encoding => {
      encoding.maxBitrate = SOUND_BPS[sound];
    });
    await sender.setParameters(parameters).catch(() => undefined);
    // While an answer is awaited, it will be taken with the new sound.
    if (current.answer !== null && current.connection.signalingState === 'stable') {
      await describe(current.connection);
      await this.settle(current, current.answer);
    }
  }

  private async settle(current: Connected, answer: string): Promise<void> {
    let sdp = current.credentials ? withCredentials(answer, current.credentials) : answer;
    for (const [source, mode] of [
      ['microphone', this.sound],
      ['screen_audio', 'music'],
    ] as const) {
      const mid = current.mids.get(source);
      sdp = mid === undefined ? sdp : withSound(sdp, mid, mode);
    }
    await current.connection.setRemoteDescription({ type: 'answer', sdp });
  }

  /** The service could not take the offer: tries again, a little later each time. */
  unavailable(): void {
    this.change(() => ({ isUnavailable: true, connection: 'failed' }));
    this.retryLater();
  }

  /** Sends this track from now on, or nothing. Needs no negotiation. */
  async setTrack(source: Source, track: MediaStreamTrack | null): Promise<void> {
    if (track) {
      this.tracks.set(source, track);
    } else {
      this.tracks.delete(source);
    }
    await this.current?.senders.get(source)?.replaceTrack(track);
  }

  /** Sends only so many layers of the camera, the smallest always: nobody watches the others now. */
  async setCameraLayers(layers: number): Promise<void> {
    this.wantedLayers = Math.max(1, layers);
    const sender = this.current?.senders.get('camera');
    if (!sender) {
      return;
    }
    const parameters = sender.getParameters();
    const wanted = parameters.encodings.map((_, place) => place < this.wantedLayers);
    if (parameters.encodings.every((encoding, place) => encoding.active === wanted[place])) {
      return;
    }
    parameters.encodings.forEach((encoding, place) => {
      encoding.active = wanted[place] ?? true;
    });
    await sender.setParameters(parameters).catch(() => undefined);
  }

  setSpeaker(id: string): void {
    if (id === this.speaker) {
      return;
    }
    this.speaker = id;
    for (const player of this.current?.players ?? []) {
      void route(player, id);
    }
  }

  /** After a click: plays what the browser held back. */
  async releaseSound(): Promise<void> {
    this.change(() => ({ isSoundHeld: false }));
    await Promise.all((this.current?.players ?? []).map(player => this.tryToPlay(player)));
  }

  /** Closes the connection and forgets what was sent; `start` begins again. */
  stop(): void {
    this.discard();
    this.tracks.clear();
    this.attempt = 0;
    this.wasEverConnected = false;
    this.store.update(state => ({ ...NO_MEDIA, generation: state.generation }));
  }

  private connectionChanged(current: Connected): void {
    if (this.current !== current) {
      return;
    }
    switch (current.connection.connectionState) {
      case 'connected':
        this.cancelLimit?.();
        this.cancelLimit = null;
        this.attempt = 0;
        this.wasEverConnected = true;
        this.change(() => ({ connection: 'connected', isBlocked: false, isUnavailable: false }));
        return;
      case 'disconnected':
        this.change(() => ({ connection: 'interrupted' }));
        this.limit(INTERRUPTION_LIMIT_MS, () => void this.start());
        void this.restartIce();
        return;
      case 'failed':
        this.failed();
        return;
      case 'new':
      case 'connecting':
      case 'closed':
        return;
    }
  }

  private failed(): void {
    this.change(() => ({ connection: 'failed', isBlocked: !this.wasEverConnected }));
    this.retryLater();
  }

  private retryLater(): void {
    const delay = retryDelayMs(this.attempt, this.setup.scheduler.random());
    this.attempt += 1;
    this.limit(delay, () => void this.start());
  }

  private limit(delayMs: number, task: () => void): void {
    this.cancelLimit?.();
    this.cancelLimit = this.setup.scheduler.after(delayMs, task);
  }

  private playAloud(current: Connected, stream: MediaStream): void {
    const player = this.setup.createAudio();
    player.autoplay = true;
    player.srcObject = stream;
    current.players.push(player);
    void route(player, this.speaker);
    void this.tryToPlay(player);
  }

  private async tryToPlay(player: HTMLAudioElement): Promise<void> {
    try {
      await player.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotAllowedError') {
        this.change(() => ({ isSoundHeld: true }));
      }
    }
  }

  private discard(): void {
    this.cancelLimit?.();
    this.cancelLimit = null;
    const { current } = this;
    this.current = null;
    if (current) {
      current.connection.onconnectionstatechange = null;
      current.connection.close();
      for (const player of current.players) {
        player.pause();
        player.srcObject = null;
      }
    }
  }

  private change(changes: (state: MediaState) => Partial<MediaState>): void {
    this.store.update(state => ({ ...state, ...changes(state) }));
  }
}

function* slotKinds(): Generator<'audio' | 'video'> {
  for (let slot = 0; slot < AUDIO_SLOTS; slot += 1) {
    yield 'audio';
  }
  for (let slot = 0; slot < VIDEO_SLOTS; slot += 1) {
    yield 'video';
  }
}

/** Describes this side anew; a browser that lets nothing be changed plays mono. */
async function describe(connection: RTCPeerConnection): Promise<void> {
  const offer = await connection.createOffer();
  try {
    await connection.setLocalDescription({ type: 'offer', sdp: withStereoSlots(offer.sdp ?? '') });
  } catch {
    await connection.setLocalDescription();
  }
}

async function route(player: HTMLAudioElement, speaker: string): Promise<void> {
  if ('setSinkId' in player) {
    await player.setSinkId(speaker).catch(() => undefined);
  }
}
