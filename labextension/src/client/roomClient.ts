/**
 * A person's session in a room, without any view: signalling, media and state.
 *
 * It outlives the views that show it, so that closing JupyterLab's tab does
 * not end a session. Everything a view needs is in the stores; everything it
 * can do is a method: one for each thing a person can do in a room, which is why
 * the file is long.
 */
import type {
  ClientMessage,
  Permission,
  PresentedView,
  Reaction,
  Role,
  RoomSettings,
  ServerMessage,
  Source,
  VideoRequest,
  Welcome,
} from '../protocol/messages';

import type { Devices } from './devices';
import {
  LineQuality,
  NO_FINDINGS,
  SAMPLE_INTERVAL_MS,
  sampleOf,
  type Expectations,
  type Findings,
} from './lineQuality';
import { AUDIO_SLOTS, CAMERA_LAYERS, MediaSession, SENDING, type MediaTerms } from './media';
import { Emitter, Store } from './observable';
import type { Place } from './place';
import type { Cancel, Scheduler } from './scheduler';
import { Signalling, type FinalClose, type SocketFactory } from './signalling';
import { mayUse, myself, noticeOf, OUTSIDE, reduce, type Notice, type RoomSnapshot } from './state';
import { mergeWanted, sameWanted, withinThrift, type Thrift } from './wantedVideos';

/** A window that is being resized asks for pictures at most this often. */
export const LAYOUT_DELAY_MS = 150;
/** Longest queue of chat lines that wait for the line to come back. */
export const MAX_UNSENT = 50;

/** What a moderator may withhold, by what it switches. */
const SOURCE_FEATURES = {
  microphone: 'publish_audio',
  camera: 'publish_video',
  screen: 'share_screen',
} as const;

export interface RoomClientSetup {
  /** `/services/rooms/`, with both slashes. */
  prefix: string;
  roomId: string;
  devices: Devices;
  locale: () => 'en' | 'fr';
  scheduler: Scheduler;
  openSocket: SocketFactory;
  createConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  createAudio: () => HTMLAudioElement;
  newId: () => string;
  /** Scheme and host of the WebSocket, e.g. `wss://training.example`. */
  socketOrigin: string;
}

/** What a person chose before the door. */
export interface EntryChoices {
  microphone: boolean;
  camera: boolean;
}

export class RoomClient {
  readonly store = new Store<RoomSnapshot>(OUTSIDE);
  readonly thrift: Store<Thrift>;
  readonly findings = new Store<Findings>(NO_FINDINGS);
  readonly notices = new Emitter<Notice>();
  /** What is being written in the chat: it outlives the panel, and a page that is loaded anew. */
  readonly draft = new Store('');
  readonly media: MediaSession;
  readonly devices: Devices;
  private readonly signalling: Signalling;
  private readonly views = new Map<string, ReadonlyArray<VideoRequest>>();
  private quality = new LineQuality();
  private asked: ReadonlyArray<VideoRequest> = [];
  private watchedLayers = CAMERA_LAYERS.length;
  /** What the others were last told of this line. */
  private reported: Pick<Findings, 'sends' | 'receives'> = NO_FINDINGS;
  private choices: EntryChoices = { microphone: false, camera: false };
  private sharing: MediaStream | null = null;
  private cancelLayout: Cancel | null = null;
  private cancelSample: Cancel | null = null;
  private readonly disposers: (() => void)[] = [];

  constructor(private readonly setup: RoomClientSetup) {
    this.devices = setup.devices;
    this.thrift = new Store<Thrift>(this.devices.wishes.thrift);
    this.media = new MediaSession({
      scheduler: setup.scheduler,
      createConnection: setup.createConnection,
      createAudio: setup.createAudio,
      offer: (sdp, sources) => {
        this.say({ type: 'media_offer', sdp, sources });
      },
      restartIce: ufrag => this.say({ type: 'ice_restart', ufrag }),
    });
    this.signalling = new Signalling({
      url: `${setup.socketOrigin}${setup.prefix}ws/${encodeURIComponent(setup.roomId)}`,
      tabId: setup.newId(),
      locale: setup.locale,
      scheduler: setup.scheduler,
      openSocket: setup.openSocket,
      listener: {
        received: message => {
          this.receive(message);
        },
        lost: (attempt, retryAtMs) => {
          this.store.update(state => ({ ...state, line: { kind: 'down', attempt, retryAtMs } }));
        },
        closed: reason => {
          this.shut(reason);
        },
        roundTrip: roundTripMs => {
          this.store.update(state => ({ ...state, roundTripMs }));
        },
      },
    });
    this.disposers.push(
      this.devices.replaced.subscribe(({ kind, isOwnChoice }) => {
        if (this.store.get().own[kind]) {
          const track = this.devices.store.get().tracks[kind];
          void this.media.setTrack(kind, track);
          if (!track) {
            this.switched(kind, false);
          }
          if (!isOwnChoice || !track) {
            this.notices.emit({ kind: 'device_replaced', device: kind });
          }
        }
      }),
      this.devices.store.subscribe(() => {
        this.followDevices();
      }),
    );
    this.followDevices();
  }

  private followDevices(): void {
    const { chosen, sound } = this.devices.store.get();
    this.media.setSpeaker(chosen.speaker);
    void this.media.setSound(sound.mode);
  }

  get roomId(): string {
    return this.setup.roomId;
  }

  // ---- coming and going ----------------------------------------------------------------

  /** Knocks at the door with what was chosen; comes back by itself whenever the line breaks. */
  enter(choices: EntryChoices = this.choices): void {
    this.choices = choices;
    this.store.update(state => ({ ...OUTSIDE, room: state.room, phase: { kind: 'entering' } }));
    this.signalling.connect();
  }

  /** What would be lost with the page; null for whoever is not, and was not just now, in the room. */
  get place(): Omit<Place, 'code'> | null {
    const { phase, unsent } = this.store.get();
    const isHere =
      phase.kind === 'inside' ||
      phase.kind === 'waiting' ||
      phase.kind === 'entering' ||
      phase.kind === 'broken' ||
      (phase.kind === 'refused' && phase.refusal.code === 'protocol_mismatch');
    return isHere ? { ...this.choices, draft: this.draft.get(), unsent } : null;
  }

  /** Knocks again with what was kept of the page before. */
  comeBack({ microphone, camera, draft, unsent }: Omit<Place, 'code'>): void {
    this.draft.set(draft);
    this.enter({ microphone, camera });
    this.store.update(state => ({ ...state, unsent: unsent.slice(0, MAX_UNSENT) }));
  }

  /** What is on when one comes in, the next time too. */
  choose(changes: Partial<EntryChoices>): void {
    this.choices = { ...this.choices, ...changes };
  }

  /** Leaves at once and gives every device back. */
  leave(): void {
    this.say({ type: 'leave' });
    this.signalling.close();
    this.silence();
    this.draft.set('');
    this.store.update(state => ({ ...OUTSIDE, room: state.room, phase: { kind: 'left' } }));
  }

  /** Back before the door, for another try. */
  returnToDoor(): void {
    this.signalling.close();
    this.silence();
    this.store.update(state => ({ ...OUTSIDE, room: state.room }));
  }

  /** The network is back, or the person looks again: no more waiting. */
  hurry(): void {
    this.signalling.hurry();
  }

  /** Another network: media looks for its way there. */
  networkChanged(): void {
    this.hurry();
    void this.media.restartIce();
  }

  dispose(): void {
    this.signalling.close();
    this.silence();
    this.cancelLayout?.();
    for (const dispose of this.disposers) {
      dispose();
    }
  }

  // ---- own sources ---------------------------------------------------------------------

  /**
   * Switches the microphone or the camera; what fails is in `devices.store`.
   * A muted microphone stays open, so that speaking again is instant; a camera
   * that is off is given back, so that its light goes out.
   */
  async setSource(source: 'microphone' | 'camera', isOn: boolean): Promise<void> {
    if (isOn && !this.maySwitchOn(source)) {
      return;
    }
    this.choose({ [source]: isOn });
    if (!isOn) {
      await this.media.setTrack(source, null);
      if (source === 'camera') {
        this.devices.close('camera');
      }
      this.switched(source, false);
      return;
    }
    const track = await this.devices.open(source);
    if (track && this.isInside()) {
      await this.media.setTrack(source, track);
      this.switched(source, true);
    }
  }

  /** Whether this person may send a source now; what is withheld from them is told. */
  private maySwitchOn(source: keyof typeof SOURCE_FEATURES): boolean {
    const state = this.store.get();
    const feature = SOURCE_FEATURES[source];
    if (myself(state)?.role === 'observer') {
      return false;
    }
    if (this.isInside() && !mayUse(state, feature)) {
      this.notices.emit({ kind: 'withheld', feature });
      return false;
    }
    return true;
  }

  /** Asks the browser for a screen; a person who changes their mind is no error. */
  async startSharing(): Promise<void> {
    if (!this.maySwitchOn('screen')) {
      return;
    }
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { max: 15 } },
        audio: true,
      });
    } catch {
      return;
    }
    const [picture] = stream.getVideoTracks();
    if (!picture || !this.isInside()) {
      stream.getTracks().forEach(track => {
        track.stop();
      });
      return;
    }
    await this.stopSharing();
    this.sharing = stream;
    // Text must stay sharp; the encoder then gives up frames before detail.
    picture.contentHint = 'detail';
    picture.onended = () => void this.stopSharing();
    await this.media.setTrack('screen', picture);
    this.switched('screen', true);
    const [sound] = stream.getAudioTracks();
    if (sound) {
      sound.contentHint = 'music';
      await this.media.setTrack('screen_audio', sound);
      this.switched('screen_audio', true);
    }
  }

  async stopSharing(): Promise<void> {
    const stream = this.sharing;
    if (!stream) {
      return;
    }
    this.sharing = null;
    for (const track of stream.getTracks()) {
      track.onended = null;
      track.stop();
    }
    await this.media.setTrack('screen', null);
    this.switched('screen', false);
    if (this.store.get().own.screen_audio) {
      await this.media.setTrack('screen_audio', null);
      this.switched('screen_audio', false);
    }
  }

  /** One's own picture of the shared screen, or null. */
  get sharedScreen(): MediaStream | null {
    return this.sharing;
  }

  // ---- words and gestures --------------------------------------------------------------

  /** Posts a chat line; while the line is down it waits and is sent afterwards. */
  chat(text: string): void {
    const trimmed = text.trim();
    if (trimmed === '' || this.store.get().unsent.length >= MAX_UNSENT) {
      return;
    }
    const line = { clientId: this.setup.newId(), text: trimmed };
    this.store.update(state => ({ ...state, unsent: [...state.unsent, line] }));
    if (this.isInside()) {
      this.say({ type: 'chat_send', ...line });
    }
  }

  readChat(): void {
    this.store.update(state => (state.unreadChat === 0 ? state : { ...state, unreadChat: 0 }));
  }

  raiseHand(isRaised: boolean): void {
    this.say({ type: 'hand', isRaised, participantId: null });
  }

  react(reaction: Reaction): void {
    this.say({ type: 'react', reaction });
  }

  // ---- moderating ----------------------------------------------------------------------

  lowerHandOf(participantId: string): void {
    this.say({ type: 'hand', isRaised: false, participantId });
  }

  admit(participantId: string, isAdmitted: boolean): void {
    this.say({ type: 'admit', participantId, isAdmitted });
  }

  mute(participantId: string, source: Source): void {
    this.say({ type: 'mute_participant', participantId, source });
  }

  remove(participantId: string): void {
    this.say({ type: 'remove_participant', participantId });
  }

  setRole(participantId: string, role: Role): void {
    this.say({ type: 'set_role', participantId, role });
  }

  changeRoom(settings: Omit<RoomSettings, 'type'>): boolean {
    return this.say({ type: 'room_settings', ...settings });
  }

  setPermission(permission: Permission): void {
    this.say({ type: 'set_permission', permission });
  }

  /** Puts something on everybody's stage; null takes it away. */
  present(what: PresentedView | null): void {
    this.say({ type: 'present', what });
  }

  endSession(): void {
    this.say({ type: 'end_session' });
  }

  // ---- pictures ------------------------------------------------------------------------

  /** A view says what it shows, most important first; an empty list when it goes away. */
  wantVideos(view: string, requests: ReadonlyArray<VideoRequest>): void {
    if (requests.length === 0) {
      this.views.delete(view);
    } else {
      this.views.set(view, requests);
    }
    this.cancelLayout ??= this.setup.scheduler.after(LAYOUT_DELAY_MS, () => {
      this.cancelLayout = null;
      this.askForVideos();
    });
  }

  /** Spends less of a poor line: all pictures, only the most important one, or sound alone. */
  setThrift(thrift: Thrift): void {
    this.thrift.set(thrift);
    this.devices.remember({ thrift });
    this.askForVideos();
    this.sendLayers();
  }

  /** The camera's layers that somebody watches; a line that is spared sends the smallest alone. */
  private sendLayers(): void {
    void this.media.setCameraLayers(this.thrift.get() === 'everything' ? this.watchedLayers : 1);
  }

  /** The stream of a picture, or null while no slot shows it. */
  videoOf(participantId: string, source: Source): MediaStream | null {
    const { slots } = this.store.get();
    const slot = slots.find(one => one.participantId === participantId && one.source === source);
    return slot ? (this.media.store.get().videos.get(slot.mid) ?? null) : null;
  }

  // ---- what the service says -----------------------------------------------------------

  private receive(message: ServerMessage): void {
    const before = this.store.get();
    const notice = noticeOf(before, message);
    this.store.set(reduce(before, message));
    if (notice) {
      this.notices.emit(notice);
    }
    switch (message.type) {
      case 'welcome':
        this.welcomed(before, message);
        return;
      case 'media_answer':
        void this.media.answer(message.sdp);
        return;
      case 'ice_restarted':
        void this.media.iceRestarted(message);
        return;
      case 'media_reset':
        void this.media.start();
        return;
      case 'camera_layers':
        this.watchedLayers = message.layers;
        this.sendLayers();
        return;
      case 'muted_by_moderator':
        void this.obeyMute(message.source);
        return;
      case 'refused':
      case 'session_ended':
      case 'superseded':
        this.silence();
        return;
      case 'failed':
        if (message.inReplyTo === 'ice_restart') {
          void this.media.start();
        } else if (message.refusal.code === 'media_unavailable' || message.refusal.code === 'offer_invalid') {
          this.media.unavailable();
        }
        return;
      case 'participant_joined':
      case 'participant_left':
      case 'waiting':
      case 'participant_changed':
      case 'waiting_changed':
      case 'room_changed':
      case 'chat_posted':
      case 'reacted':
      case 'slots':
      case 'slots_paused':
      case 'media_strained':
      case 'speakers':
      case 'permissions_changed':
      case 'presented':
      case 'documents_changed':
      case 'files_changed':
      case 'file_received':
      case 'pong':
        return;
      default:
        message satisfies never;
    }
  }

  private welcomed(before: RoomSnapshot, { isMediaKept, iceServers, videoCodecs }: Welcome): void {
    const state = this.store.get();
    for (const { clientId, text } of state.unsent) {
      this.say({ type: 'chat_send', clientId, text });
    }
    this.asked = [];
    this.reported = NO_FINDINGS;
    this.askForVideos();
    if (before.phase.kind !== 'inside') {
      void this.firstSources({ iceServers, videoCodecs });
      return;
    }
    for (const { source } of SENDING) {
      if (state.own[source]) {
        this.say({ type: 'source_switch', source, isOn: true });
      }
    }
    const { connection } = this.media.store.get();
    if (isMediaKept && connection === 'interrupted') {
      void this.media.restartIce();
    } else if (!isMediaKept || connection !== 'connected') {
      void this.media.start({ iceServers, videoCodecs });
    }
  }

  /** Just let in: the tracks go in before the offer, so that the first packet follows the answer. */
  private async firstSources(terms: MediaTerms): Promise<void> {
    const publishes = myself(this.store.get())?.role !== 'observer';
    const { tracks } = this.devices.store.get();
    const wanted = (['microphone', 'camera'] as const).filter(
      kind => publishes && this.choices[kind] && this.maySwitchOn(kind),
    );
    for (const kind of wanted) {
      const track = tracks[kind];
      if (track?.readyState === 'live') {
        await this.media.setTrack(kind, track);
        this.switched(kind, true);
      }
    }
    await this.media.start(terms);
    for (const kind of wanted) {
      if (!this.store.get().own[kind]) {
        await this.setSource(kind, true);
      }
    }
    if (!publishes) {
      this.devices.closeAll();
    } else if (!this.choices.camera) {
      this.devices.close('camera');
    }
    this.watchQuality();
  }

  private async obeyMute(source: Source): Promise<void> {
    if (source === 'screen' || source === 'screen_audio') {
      await this.stopSharing();
      return;
    }
    this.choose({ [source]: false });
    await this.media.setTrack(source, null);
    if (source === 'camera') {
      this.devices.close('camera');
    }
  }

  private shut(reason: FinalClose): void {
    const { phase } = this.store.get();
    if (phase.kind === 'refused' || phase.kind === 'ended' || phase.kind === 'superseded') {
      return;
    }
    this.silence();
    this.store.update(state => ({
      ...state,
      phase: reason === 'login_required' ? { kind: 'login_required' } : { kind: 'broken' },
    }));
  }

  /** Stops everything that is sent, received or captured. */
  private silence(): void {
    this.cancelSample?.();
    this.cancelSample = null;
    this.quality = new LineQuality();
    this.findings.set(NO_FINDINGS);
    this.sharing?.getTracks().forEach(track => {
      track.onended = null;
      track.stop();
    });
    this.sharing = null;
    this.asked = [];
    this.media.stop();
    this.devices.closeAll();
  }

  private switched(source: Source, isOn: boolean): void {
    this.store.update(state => ({ ...state, own: { ...state.own, [source]: isOn } }));
    this.say({ type: 'source_switch', source, isOn });
  }

  private say(message: ClientMessage): boolean {
    return this.signalling.send(message);
  }

  private isInside(): boolean {
    return this.store.get().phase.kind === 'inside';
  }

  private askForVideos(): void {
    const wanted = withinThrift(mergeWanted(this.views.values()), this.thrift.get());
    if (this.isInside() && !sameWanted(wanted, this.asked) && this.say({ type: 'layout', videos: wanted })) {
      this.asked = wanted;
    }
  }

  // ---- how well it comes through -------------------------------------------------------

  private watchQuality(): void {
    this.cancelSample?.();
    this.cancelSample = this.setup.scheduler.after(SAMPLE_INTERVAL_MS, () => {
      void this.sample().finally(() => {
        if (this.isInside()) {
          this.watchQuality();
        }
      });
    });
  }

  private async sample(): Promise<void> {
    const { connection } = this.media;
    if (!connection || this.media.store.get().connection !== 'connected') {
      this.quality = new LineQuality();
      this.findings.set(NO_FINDINGS);
      return;
    }
    const report = await connection.getStats();
    const found = this.quality.judge(sampleOf(report, this.setup.scheduler.now()), this.expectations());
    this.findings.set(found);
    const { sends, receives } = found;
    if (
      (sends !== this.reported.sends || receives !== this.reported.receives) &&
      this.say({ type: 'line_report', sends, receives })
    ) {
      this.reported = { sends, receives };
    }
  }

  private expectations(): Expectations {
    const state = this.store.get();
    const mids = (this.media.connection?.getTransceivers() ?? []).map(transceiver => transceiver.mid ?? '');
    const showing = state.slots.filter(slot => {
      const who = state.participants.find(one => one.participantId === slot.participantId);
      // A screen that nobody touches sends no frames: only cameras must move.
      return (
        slot.source === 'camera' &&
        !state.pausedMids.includes(slot.mid) &&
        who?.sources.includes('camera') === true &&
        !who.isReconnecting
      );
    });
    return {
      microphoneMid: state.own.microphone ? (mids[0] ?? null) : null,
      pictureMids: showing.map(slot => slot.mid),
      audioMids: mids.slice(SENDING.length, SENDING.length + AUDIO_SLOTS),
      othersSpeak: state.speakers.some(id => id !== state.me),
      isSoundHeld: this.media.store.get().isSoundHeld,
    };
  }
}
