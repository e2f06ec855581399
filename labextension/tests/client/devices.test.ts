import { beforeEach, describe, expect, it } from 'vitest';

import { Devices, problemOf } from '../../src/client/devices';
import { browserOf, remedyOf } from '../../src/client/remedies';
import { meterShare } from '../../src/client/sound';

import { FakeStream, FakeTrack, installBrowserNames, settle } from './fakes';

class FakeMediaDevices extends EventTarget {
  readonly asked: MediaStreamConstraints[] = [];
  plugged = { audio: true, video: true };
  error: DOMException | null = null;

  getUserMedia(wish: MediaStreamConstraints): Promise<FakeStream> {
    this.asked.push(wish);
    if (this.error) {
      return Promise.reject(this.error);
    }
    const kinds = (['audio', 'video'] as const).filter(kind => wish[kind] !== undefined);
    if (kinds.some(kind => !this.plugged[kind])) {
      return Promise.reject(new DOMException('none', 'NotFoundError'));
    }
    return Promise.resolve(new FakeStream(kinds.map(kind => new FakeTrack(kind))));
  }

  enumerateDevices(): Promise<object[]> {
    return Promise.resolve([
      { kind: 'audioinput', deviceId: 'audio-1', label: 'Mic' },
      { kind: 'audioinput', deviceId: 'communications', label: 'Duplicate' },
      { kind: 'videoinput', deviceId: '', label: '' },
    ]);
  }
}

class FakeMemory {
  readonly kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => {
    this.kept.set(key, value);
  };
}

let media: FakeMediaDevices;
let memory: FakeMemory;
let devices: Devices;

const make = () => new Devices(media as unknown as MediaDevices, memory, null);

beforeEach(() => {
  installBrowserNames();
  media = new FakeMediaDevices();
  memory = new FakeMemory();
  devices = make();
});

const state = () => devices.store.get();

describe('opening', () => {
  it('asks for both at once: one question instead of two', async () => {
    await devices.openBoth();
    expect(media.asked).toHaveLength(1);
    expect(state().tracks.camera?.kind).toBe('video');
    expect(state().tracks.microphone?.kind).toBe('audio');
    expect(state().tracks.camera?.contentHint).toBe('motion');
    expect(state().tracks.microphone?.contentHint).toBe('speech');
    expect(state().opening).toEqual({ microphone: false, camera: false });
  });

  it('still gives the microphone where there is no camera, and says so', async () => {
    media.plugged.video = false;
    await devices.openBoth();
    expect(state().tracks.microphone).not.toBeNull();
    expect(state().problems).toEqual({ microphone: null, camera: 'none' });
  });

  it('leaves a problem, not an exception, when it is refused', async () => {
    media.error = new DOMException('Permission denied', 'NotAllowedError');
    expect(await devices.open('camera')).toBeNull();
    expect(state().problems.camera).toBe('refused');
  });

  it('opens an open device only once', async () => {
    const first = await devices.open('microphone');
    expect(await devices.open('microphone')).toBe(first);
    expect(media.asked).toHaveLength(1);
  });

  it('tells where the page is not served securely', () => {
    const insecure = new Devices(null, memory, null);
    expect(insecure.store.get().problems).toEqual({ microphone: 'insecure', camera: 'insecure' });
  });

  it('leaves unusable entries out of the lists', async () => {
    await devices.list();
    expect(state().microphones).toEqual([{ id: 'audio-1', label: 'Mic' }]);
    expect(state().cameras).toEqual([]);
  });
});

describe('the sound of the microphone', () => {
  const asked = () => media.asked.at(-1)?.audio;

  it('is cleaned for speech, with or without noise', async () => {
    await devices.open('microphone');
    expect(asked()).toMatchObject({ echoCancellation: true, noiseSuppression: true, autoGainControl: true });
    await devices.setSound({ suppressesNoise: false });
    expect(asked()).toMatchObject({ echoCancellation: true, noiseSuppression: false });
  });

  it('is taken as it is for music, in stereo, and the change is one of choice', async () => {
    const told: boolean[] = [];
    devices.replaced.subscribe(({ isOwnChoice }) => told.push(isOwnChoice));
    await devices.open('microphone');
    await devices.setSound({ mode: 'music' });
    expect(asked()).toMatchObject({
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
      channelCount: { ideal: 2 },
    });
    expect(state().tracks.microphone?.contentHint).toBe('music');
    expect(told).toEqual([true]);
  });

  it('opens no microphone that is closed, and is remembered', async () => {
    await devices.setSound({ mode: 'music' });
    expect(media.asked).toHaveLength(0);
    expect(make().store.get().sound).toEqual({ mode: 'music', suppressesNoise: true });
  });

  it('is speech where nonsense was remembered', () => {
    memory.setItem('webvisio.devices', '{"sound":null}');
    expect(make().store.get().sound.mode).toBe('speech');
  });
});

describe('a device that is unplugged', () => {
  it('is replaced by another one, and the change is told', async () => {
    const changed: string[] = [];
    devices.replaced.subscribe(({ kind }) => changed.push(kind));
    const track = (await devices.open('camera')) as unknown as FakeTrack;
    track.end();
    await settle();
    await settle();
    expect(state().tracks.camera).not.toBeNull();
    expect(state().tracks.camera).not.toBe(track);
    expect(changed).toEqual(['camera']);
  });

  it('is missed in words when there is no other', async () => {
    const track = (await devices.open('camera')) as unknown as FakeTrack;
    media.plugged.video = false;
    track.end();
    await settle();
    await settle();
    expect(state().tracks.camera).toBeNull();
    expect(state().problems.camera).toBe('unplugged');
  });

  it('that was closed on purpose is not missed', async () => {
    const track = (await devices.open('camera')) as unknown as FakeTrack;
    devices.close('camera');
    track.end();
    await settle();
    expect(state().problems.camera).toBeNull();
    expect(media.asked).toHaveLength(1);
  });
});

describe('a device that is plugged in', () => {
  it('after it was missed is told, and its problem is gone', async () => {
    const found: string[] = [];
    devices.appeared.subscribe(kind => found.push(kind));
    media.plugged.audio = false;
    await devices.open('microphone');
    expect(state().problems.microphone).toBe('none');
    media.dispatchEvent(new Event('devicechange'));
    await settle();
    expect(state().problems.microphone).toBeNull();
    expect(found).toEqual(['microphone']);
  });
});

describe('a choice', () => {
  it('is remembered, and asked for without insisting', async () => {
    await devices.choose('camera', 'desk');
    const later = make();
    await later.open('camera');
    expect(media.asked.at(-1)?.video).toMatchObject({ deviceId: { ideal: 'desk' } });
  });

  it('survives a memory that holds nonsense', () => {
    memory.setItem('webvisio.devices', '{not json');
    expect(make().wishes).toMatchObject({ wantsCamera: true, name: '' });
  });

  it('exchanges an open device at once', async () => {
    const before = await devices.open('microphone');
    await devices.choose('microphone', 'other');
    expect(before?.readyState).toBe('ended');
    expect(state().tracks.microphone?.readyState).toBe('live');
  });
});

describe('the words for a problem', () => {
  it.each([
    [new DOMException('Permission denied', 'NotAllowedError'), 'refused'],
    [new DOMException('Permission denied by system', 'NotAllowedError'), 'refused_by_system'],
    [new DOMException('', 'NotFoundError'), 'none'],
    [new DOMException('', 'NotReadableError'), 'busy'],
    [new Error('?'), 'failed'],
  ])('come from what the browser throws: %s', (error, problem) => {
    expect(problemOf(error)).toBe(problem);
  });

  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 0, 'firefox'],
    ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36', 0, 'chrome'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15', 0, 'safari'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15', 5, 'ios'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) CriOS/140.0 Safari/604.1', 5, 'ios'],
    ['Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36', 5, 'android'],
    ['curl/8', 0, 'other'],
  ])('fit the browser: %s', (agent, touch, browser) => {
    expect(browserOf(agent, touch)).toBe(browser);
    expect(remedyOf('refused', browserOf(agent, touch))).toBe(`remedy.refused.${browser}`);
  });
});

describe('the level meter', () => {
  it('maps silence to nothing, full scale to all, and never leaves the bar', () => {
    expect(meterShare(0)).toBe(0);
    expect(meterShare(1)).toBe(1);
    expect(meterShare(1e-6)).toBe(0);
    expect(meterShare(0.1)).toBeGreaterThan(meterShare(0.01));
    expect(meterShare(4)).toBe(1);
  });
});
