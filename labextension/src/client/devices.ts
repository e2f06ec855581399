/**
 * This person's microphone, camera and loudspeaker: what there is, what was
 * chosen, what is open, and what is wrong.
 *
 * Invariant: `tracks` holds only live tracks; a track that ends by itself
 * (unplugged, taken away) leaves a problem in words behind.
 */
import { SOUND_MODES, type SoundMode } from './descriptions';
import { Emitter, Store } from './observable';
import { THRIFTS, type Thrift } from './wantedVideos';

export type Capture = 'microphone' | 'camera';

/** Why a device cannot be used; each has its words and its remedy in the catalogues. */
export type DeviceProblem =
  'refused' | 'refused_by_system' | 'none' | 'busy' | 'unplugged' | 'insecure' | 'failed';

export type Permission = 'unknown' | 'prompt' | 'granted' | 'denied';

export interface DeviceChoice {
  id: string;
  label: string;
}

/** What is done to the sound of the microphone before it is sent. */
export interface Sound {
  mode: SoundMode;
  suppressesNoise: boolean;
}

/** A track that took another's place; `isOwnChoice`: the person asked for it. */
export interface Replacement {
  kind: Capture;
  isOwnChoice: boolean;
}

export interface DevicesState {
  microphones: ReadonlyArray<DeviceChoice>;
  cameras: ReadonlyArray<DeviceChoice>;
  speakers: ReadonlyArray<DeviceChoice>;
  /** Empty string: the system's default. */
  chosen: { microphone: string; camera: string; speaker: string };
  sound: Readonly<Sound>;
  permission: Readonly<Record<Capture, Permission>>;
  problems: Readonly<Record<Capture, DeviceProblem | null>>;
  tracks: Readonly<Record<Capture, MediaStreamTrack | null>>;
  /** Devices that are being opened at this moment. */
  opening: Readonly<Record<Capture, boolean>>;
}

/** What is remembered between visits, on this machine only. */
export interface Remembered {
  microphone: string;
  camera: string;
  speaker: string;
  wantsMicrophone: boolean;
  wantsCamera: boolean;
  name: string;
  thrift: Thrift;
  sound: Sound;
}

export interface Memory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const MEMORY_KEY = 'webvisio.devices';
const FIRST_VISIT: Remembered = {
  microphone: '',
  camera: '',
  speaker: '',
  wantsMicrophone: true,
  wantsCamera: true,
  name: '',
  thrift: 'everything',
  sound: { mode: 'speech', suppressesNoise: true },
};

const CAMERA: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 24, max: 30 },
};

/** Whatever makes speech clear would hurt an instrument: music is taken as it sounds. */
function microphone({ mode, suppressesNoise }: Sound): MediaTrackConstraints {
  const isSpeech = mode === 'speech';
  return {
    echoCancellation: isSpeech,
    noiseSuppression: isSpeech && suppressesNoise,
    autoGainControl: isSpeech,
    channelCount: { ideal: isSpeech ? 1 : 2 },
  };
}

const NOTHING: DevicesState = {
  microphones: [],
  cameras: [],
  speakers: [],
  chosen: { microphone: '', camera: '', speaker: '' },
  sound: FIRST_VISIT.sound,
  permission: { microphone: 'unknown', camera: 'unknown' },
  problems: { microphone: null, camera: null },
  tracks: { microphone: null, camera: null },
  opening: { microphone: false, camera: false },
};

export class Devices {
  readonly store: Store<DevicesState>;
  /** A track that ended by itself, or one that took its place. */
  readonly replaced = new Emitter<Replacement>();
  private remembered: Remembered;
  /** A kind that was missing is there now; whoever wanted it may open it. */
  readonly appeared = new Emitter<Capture>();
  private readonly onDeviceChange = () => void this.listAgain();

  constructor(
    private readonly media: MediaDevices | null = browserMediaDevices(),
    private readonly memory: Memory | null = browserMemory(),
    private readonly permissions: Permissions | null = browserPermissions(),
  ) {
    this.remembered = recall(memory);
    const { microphone, camera, speaker, sound } = this.remembered;
    this.store = new Store<DevicesState>({
      ...NOTHING,
      chosen: { microphone, camera, speaker },
      sound,
      problems: media ? NOTHING.problems : { microphone: 'insecure', camera: 'insecure' },
    });
    media?.addEventListener('devicechange', this.onDeviceChange);
    void this.readPermissions();
  }

  get wishes(): Remembered {
    return this.remembered;
  }

  remember(changes: Partial<Remembered>): void {
    this.remembered = { ...this.remembered, ...changes };
    try {
      this.memory?.setItem(MEMORY_KEY, JSON.stringify(this.remembered));
    } catch {
      // A full or forbidden storage only costs the memory of a choice.
    }
  }

  /**
   * Opens what is wanted, together where possible: one question of the browser
   * instead of two. What fails leaves a problem; nothing is thrown.
   */
  async openBoth(): Promise<void> {
    const { media } = this;
    if (!media) {
      return;
    }
    this.mark({ microphone: true, camera: true });
    try {
      const stream = await media.getUserMedia({
        audio: this.constraints('microphone'),
        video: this.constraints('camera'),
      });
      this.take('microphone', stream.getAudioTracks()[0] ?? null);
      this.take('camera', stream.getVideoTracks()[0] ?? null);
      await this.list();
    } catch {
      // One of the two is the culprit: asked alone, each tells its own reason.
      await this.open('microphone');
      await this.open('camera');
    } finally {
      this.mark({ microphone: false, camera: false });
    }
  }

  /** Opens one device; returns its live track, or null with a problem in the store. */
  async open(kind: Capture): Promise<MediaStreamTrack | null> {
    const { media } = this;
    const open = this.store.get().tracks[kind];
    if (open?.readyState === 'live') {
      return open;
    }
    if (!media) {
      return null;
    }
    this.mark({ [kind]: true });
    try {
      const stream = await media.getUserMedia({ [WIRE[kind]]: this.constraints(kind) });
      const track = stream.getTracks()[0] ?? null;
      this.take(kind, track);
      await this.list();
      return track;
    } catch (error) {
      this.fault(kind, problemOf(error));
      return null;
    } finally {
      this.mark({ [kind]: false });
    }
  }

  /** Gives a device back: its light goes out. */
  close(kind: Capture): void {
    const track = this.store.get().tracks[kind];
    if (track) {
      track.onended = null;
      track.stop();
      this.store.update(state => ({ ...state, tracks: { ...state.tracks, [kind]: null } }));
    }
  }

  closeAll(): void {
    this.close('microphone');
    this.close('camera');
  }

  /** Takes another microphone or camera; an open one is exchanged at once. */
  async choose(kind: Capture, id: string): Promise<void> {
    this.store.update(state => ({ ...state, chosen: { ...state.chosen, [kind]: id } }));
    this.remember({ [kind]: id });
    if (this.store.get().tracks[kind] !== null || this.store.get().problems[kind] !== null) {
      await this.reopen(kind);
    }
  }

  /** Takes the microphone's sound otherwise; an open one is opened anew, for browsers change no open one. */
  async setSound(changes: Partial<Sound>): Promise<void> {
    const sound = { ...this.store.get().sound, ...changes };
    this.store.update(state => ({ ...state, sound }));
    this.remember({ sound });
    if (this.store.get().tracks.microphone) {
      await this.reopen('microphone');
    }
  }

  private async reopen(kind: Capture): Promise<void> {
    this.close(kind);
    await this.open(kind);
    this.replaced.emit({ kind, isOwnChoice: true });
  }

  chooseSpeaker(id: string): void {
    this.store.update(state => ({ ...state, chosen: { ...state.chosen, speaker: id } }));
    this.remember({ speaker: id });
  }

  dispose(): void {
    this.media?.removeEventListener('devicechange', this.onDeviceChange);
    this.closeAll();
  }

  /** Reads what is plugged in; labels are empty until something was allowed. */
  async list(): Promise<void> {
    if (!this.media) {
      return;
    }
    const found = await this.media.enumerateDevices().catch(() => []);
    const of = (kind: MediaDeviceKind): DeviceChoice[] =>
      found
        .filter(
          device => device.kind === kind && device.deviceId !== '' && device.deviceId !== 'communications',
        )
        .map(device => ({ id: device.deviceId, label: device.label }));
    this.store.update(state => ({
      ...state,
      microphones: of('audioinput'),
      cameras: of('videoinput'),
      speakers: of('audiooutput'),
    }));
    await this.readPermissions();
  }

  private async listAgain(): Promise<void> {
    await this.list();
    const { problems, cameras, microphones } = this.store.get();
    for (const [kind, list] of [
      ['camera', cameras],
      ['microphone', microphones],
    ] as const) {
      if (list.length > 0 && (problems[kind] === 'none' || problems[kind] === 'unplugged')) {
        this.store.update(state => ({ ...state, problems: { ...state.problems, [kind]: null } }));
        this.appeared.emit(kind);
      }
    }
  }

  private constraints(kind: Capture): MediaTrackConstraints {
    const id = this.store.get().chosen[kind];
    const base = kind === 'camera' ? CAMERA : microphone(this.store.get().sound);
    // "ideal": a remembered device that is not plugged in today must not end in an error.
    return id === '' ? base : { ...base, deviceId: { ideal: id } };
  }

  private take(kind: Capture, track: MediaStreamTrack | null): void {
    if (!track) {
      this.fault(kind, 'none');
      return;
    }
    track.contentHint = kind === 'camera' ? 'motion' : this.store.get().sound.mode;
    track.onended = () => void this.vanished(kind, track);
    const used = track.getSettings().deviceId ?? '';
    this.store.update(state => ({
      ...state,
      tracks: { ...state.tracks, [kind]: track },
      problems: { ...state.problems, [kind]: null },
      permission: { ...state.permission, [kind]: 'granted' },
      chosen: { ...state.chosen, [kind]: used },
    }));
  }

  /** The device went away: another one takes its place if there is one. */
  private async vanished(kind: Capture, track: MediaStreamTrack): Promise<void> {
    if (this.store.get().tracks[kind] !== track) {
      return;
    }
    this.store.update(state => ({
      ...state,
      tracks: { ...state.tracks, [kind]: null },
      chosen: { ...state.chosen, [kind]: '' },
    }));
    if (!(await this.open(kind))) {
      const { permission, problems } = this.store.get();
      if (permission[kind] !== 'denied' && problems[kind] === 'none') {
        this.fault(kind, 'unplugged');
      }
    }
    this.replaced.emit({ kind, isOwnChoice: false });
  }

  private fault(kind: Capture, problem: DeviceProblem): void {
    this.store.update(state => ({
      ...state,
      tracks: { ...state.tracks, [kind]: null },
      problems: { ...state.problems, [kind]: problem },
    }));
    void this.readPermissions();
  }

  private mark(opening: Partial<Record<Capture, boolean>>): void {
    this.store.update(state => ({ ...state, opening: { ...state.opening, ...opening } }));
  }

  private async readPermissions(): Promise<void> {
    const [microphone, camera] = await Promise.all([
      this.permission('microphone'),
      this.permission('camera'),
    ]);
    this.store.update(state => ({
      ...state,
      permission: {
        microphone: microphone ?? state.permission.microphone,
        camera: camera ?? state.permission.camera,
      },
    }));
  }

  private async permission(name: Capture): Promise<Permission | null> {
    try {
      // These names are not in TypeScript's list; browsers that do not know them throw.
      const status = await this.permissions?.query({ name: name as PermissionName });
      return status?.state ?? null;
    } catch {
      return null;
    }
  }
}

const WIRE: Record<Capture, 'audio' | 'video'> = { microphone: 'audio', camera: 'video' };

/** Translates what `getUserMedia` throws; its names are the same in every engine. */
export function problemOf(error: unknown): DeviceProblem {
  const name = error instanceof Error ? error.name : '';
  const text = error instanceof Error ? error.message : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return /system/i.test(text) ? 'refused_by_system' : 'refused';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

function isSound(kept: Partial<Sound> | null): kept is Sound {
  return SOUND_MODES.some(mode => mode === kept?.mode) && typeof kept?.suppressesNoise === 'boolean';
}

function recall(memory: Memory | null): Remembered {
  try {
    const kept: unknown = JSON.parse(memory?.getItem(MEMORY_KEY) ?? '{}');
    const remembered = { ...FIRST_VISIT, ...(kept as Partial<Remembered>) };
    return {
      ...remembered,
      thrift: THRIFTS.includes(remembered.thrift) ? remembered.thrift : 'everything',
      sound: isSound(remembered.sound) ? remembered.sound : FIRST_VISIT.sound,
    };
  } catch {
    return FIRST_VISIT;
  }
}

/** Null where the page is not served securely. */
function browserMediaDevices(): MediaDevices | null {
  return 'mediaDevices' in navigator ? navigator.mediaDevices : null;
}

function browserPermissions(): Permissions | null {
  return 'permissions' in navigator ? navigator.permissions : null;
}

function browserMemory(): Memory | null {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}
