import { beforeEach, describe, expect, it } from 'vitest';

import { FIRST_DELAY_MS } from '../../src/client/backoff';
import { LAYOUT_DELAY_MS, MAX_UNSENT } from '../../src/client/roomClient';
import type { Notice } from '../../src/client/state';

import { FakeStream, FakeTrack, installBrowserNames, settle, someone, welcome, World } from './fakes';

let world: World;
beforeEach(() => {
  installBrowserNames();
  world = new World();
});

async function comeBack(isMediaKept: boolean): Promise<void> {
  world.socket.drop();
  world.scheduler.advance(FIRST_DELAY_MS);
  world.socket.open();
  world.socket.say(welcome({ isMediaKept }));
  await settle();
}

describe('chat', () => {
  it('that is written while the line is down is sent once it is back, in order', async () => {
    await world.inside();
    world.socket.drop();
    world.client.chat('one');
    world.client.chat('two');
    expect(world.state.unsent.map(line => line.text)).toEqual(['one', 'two']);
    world.scheduler.advance(FIRST_DELAY_MS);
    world.socket.open();
    world.socket.say(welcome());
    expect(world.socket.of('chat_send').map(line => line.text)).toEqual(['one', 'two']);
  });

  it('that arrived although its echo was lost is not sent twice', async () => {
    await world.inside();
    world.client.chat('once');
    const sent = world.socket.of('chat_send')[0];
    world.socket.drop();
    world.scheduler.advance(FIRST_DELAY_MS);
    world.socket.open();
    world.socket.say(
      welcome({
        chat: [
          {
            messageId: 4,
            clientId: sent?.clientId ?? '',
            authorId: 'me',
            authorName: 'Me',
            text: 'once',
            postedAt: '2026-11-23T09:00:00Z',
          },
        ],
      }),
    );
    expect(world.socket.of('chat_send')).toEqual([]);
    expect(world.state.unsent).toEqual([]);
  });

  it('has a limit of lines that wait', async () => {
    await world.inside();
    world.socket.drop();
    for (let line = 0; line < MAX_UNSENT + 5; line += 1) {
      world.client.chat(`line ${line}`);
    }
    expect(world.state.unsent).toHaveLength(MAX_UNSENT);
  });
});

describe('own sources', () => {
  it('that were chosen go in before the offer, and the room is told', async () => {
    await world.inside();
    const [microphone, camera] = world.peer.transceivers;
    expect(microphone?.track).not.toBeNull();
    expect(camera?.track).not.toBeNull();
    const kinds = world.socket.sent.map(one => one.type);
    expect(kinds.indexOf('source_switch')).toBeLessThan(kinds.indexOf('media_offer'));
    expect(world.state.own).toMatchObject({ microphone: true, camera: true });
  });

  it('that were not chosen are not sent, and the camera is given back', async () => {
    await world.devices.open('camera');
    const track = world.devices.store.get().tracks.camera;
    await world.inside({}, { microphone: false, camera: false });
    expect(world.peer.transceivers[1]?.track).toBeNull();
    expect(track?.readyState).toBe('ended');
    expect(world.socket.of('source_switch')).toEqual([]);
  });

  it('are muted by replacing the track: nothing is negotiated again', async () => {
    await world.inside();
    await world.client.setSource('microphone', false);
    expect(world.peer.transceivers[0]?.track).toBeNull();
    expect(world.socket.of('media_offer')).toHaveLength(1);
    expect(world.socket.of('source_switch').at(-1)).toEqual({
      type: 'source_switch',
      source: 'microphone',
      isOn: false,
    });
  });

  it('stay off when the device is refused', async () => {
    await world.inside({}, { microphone: false, camera: false });
    world.devices.isRefused = true;
    await world.client.setSource('camera', true);
    expect(world.state.own.camera).toBe(false);
  });

  it('are switched off by a moderator, without a way around', async () => {
    const heard: Notice[] = [];
    world.client.notices.subscribe(notice => heard.push(notice));
    await world.inside();
    world.socket.say({ type: 'muted_by_moderator', source: 'microphone', by: 'Camille' });
    await settle();
    expect(world.peer.transceivers[0]?.track).toBeNull();
    expect(world.state.own.microphone).toBe(false);
    expect(heard).toContainEqual({ kind: 'muted', source: 'microphone', by: 'Camille' });
  });

  it('of an observer are never opened', async () => {
    await world.inside({ participants: [someone('me', { role: 'observer' })] });
    await world.client.setSource('microphone', true);
    expect(world.socket.of('source_switch')).toEqual([]);
    expect(world.devices.store.get().tracks.microphone).toBeNull();
  });

  it('follow another device that was chosen, on the same connection', async () => {
    await world.inside();
    const old = world.peer.transceivers[1]?.track;
    await world.devices.open('camera');
    world.devices.replaced.emit({ kind: 'camera', isOwnChoice: false });
    await settle();
    expect(world.peer.transceivers[1]?.track).not.toBe(old);
    expect(world.peers).toHaveLength(1);
  });

  it('that vanish are switched off and said', async () => {
    await world.inside();
    world.devices.close('camera');
    world.devices.replaced.emit({ kind: 'camera', isOwnChoice: false });
    await settle();
    expect(world.state.own.camera).toBe(false);
  });
});

describe('coming back', () => {
  it('keeps a peer connection that still lives, and tells again what is on', async () => {
    await world.inside();
    await comeBack(true);
    expect(world.peers).toHaveLength(1);
    expect(world.socket.of('source_switch').map(one => one.source)).toEqual(['microphone', 'camera']);
  });

  it('makes a new peer connection with the same tracks when the worker forgot the old one', async () => {
    await world.inside();
    await comeBack(false);
    expect(world.peers).toHaveLength(2);
    expect(world.peers[0]?.isClosed).toBe(true);
    expect(world.peer.transceivers[0]?.track).not.toBeNull();
    expect(world.socket.of('media_offer')[0]?.sdp).toBe('offer 2');
  });

  it('asks for the same pictures again', async () => {
    await world.inside();
    const wish = { participantId: 'a', source: 'camera' as const, width: 320, height: 180 };
    world.client.wantVideos('stage', [wish]);
    world.scheduler.advance(LAYOUT_DELAY_MS);
    await comeBack(true);
    expect(world.socket.of('layout').map(one => one.videos)).toEqual([[wish]]);
  });
});

describe('leaving', () => {
  it('tells the room, closes everything and gives the devices back', async () => {
    await world.inside();
    const { camera, microphone } = world.devices.store.get().tracks;
    world.client.leave();
    expect(world.socket.sent.at(-1)).toEqual({ type: 'leave' });
    expect(world.socket.wasClosed).toBe(true);
    expect(world.peer.isClosed).toBe(true);
    expect(camera?.readyState).toBe('ended');
    expect(microphone?.readyState).toBe('ended');
    world.scheduler.advance(60_000);
    expect(world.sockets).toHaveLength(1);
  });

  it('for good leaves nothing to run', async () => {
    await world.inside();
    world.client.leave();
    world.client.dispose();
    expect(world.scheduler.pending).toBe(0);
  });

  it.each([{ type: 'session_ended', by: 'Camille' } as const, { type: 'superseded' } as const])(
    'by $type stops media and capture',
    async message => {
      await world.inside();
      const { camera } = world.devices.store.get().tracks;
      world.socket.say(message);
      expect(world.peer.isClosed).toBe(true);
      expect(camera?.readyState).toBe('ended');
      expect(world.state.own).toMatchObject({ microphone: false, camera: false });
    },
  );
});

describe('wanted pictures', () => {
  it('of several views are asked for once, at the larger size, after a rest', async () => {
    await world.inside();
    world.client.wantVideos('stage', [{ participantId: 'a', source: 'camera', width: 100, height: 50 }]);
    world.client.wantVideos('strip', [
      { participantId: 'a', source: 'camera', width: 640, height: 360 },
      { participantId: 'b', source: 'screen', width: 10, height: 10 },
    ]);
    expect(world.socket.of('layout')).toHaveLength(0);
    world.scheduler.advance(LAYOUT_DELAY_MS);
    expect(world.socket.of('layout').map(one => one.videos)).toEqual([
      [
        { participantId: 'a', source: 'camera', width: 640, height: 360 },
        { participantId: 'b', source: 'screen', width: 10, height: 10 },
      ],
    ]);
  });

  it('that did not change are not asked for again', async () => {
    await world.inside();
    for (let turn = 0; turn < 3; turn += 1) {
      world.client.wantVideos('stage', [{ participantId: 'a', source: 'camera', width: 1, height: 1 }]);
      world.scheduler.advance(LAYOUT_DELAY_MS);
    }
    expect(world.socket.of('layout')).toHaveLength(1);
  });

  it('are found in their slot, by mid, and nowhere else', async () => {
    await world.inside();
    world.socket.say({
      type: 'slots',
      assignments: [
        { mid: '10', participantId: 'a', source: 'camera' },
        { mid: '11', participantId: 'a', source: 'screen' },
        { mid: '12', participantId: null, source: null },
      ],
    });
    const { videos } = world.client.media.store.get();
    expect(world.client.videoOf('a', 'camera')).toBe(videos.get('10'));
    expect(world.client.videoOf('a', 'screen')).toBe(videos.get('11'));
    expect(videos.get('10')).not.toBe(videos.get('11'));
    expect(world.client.videoOf('b', 'camera')).toBeNull();
  });
});

describe('a line that is spared', () => {
  const CAMERA = { participantId: 'a', source: 'camera', width: 640, height: 360 } as const;
  const SCREEN = { participantId: 'b', source: 'screen', width: 1280, height: 720 } as const;

  it('gets the shared screen alone, else the first picture, or sound alone, and all of them again', async () => {
    await world.inside();
    world.client.wantVideos('stage', [CAMERA, SCREEN]);
    world.scheduler.advance(LAYOUT_DELAY_MS);
    for (const thrift of ['stage', 'sound', 'everything'] as const) {
      world.client.setThrift(thrift);
      world.scheduler.advance(LAYOUT_DELAY_MS);
    }
    expect(world.socket.of('layout').map(one => one.videos)).toEqual([
      [CAMERA, SCREEN],
      [SCREEN],
      [],
      [CAMERA, SCREEN],
    ]);
    world.client.wantVideos('stage', [CAMERA, { ...CAMERA, participantId: 'c' }]);
    world.client.setThrift('stage');
    world.scheduler.advance(LAYOUT_DELAY_MS);
    expect(world.socket.of('layout').at(-1)?.videos).toEqual([CAMERA]);
  });

  it('is sent the smallest layer of the own camera alone', async () => {
    await world.inside();
    world.socket.say({ type: 'camera_layers', layers: 3 });
    const layers = () => world.peer.transceivers[1]?.encodings.map(one => one.active);
    await settle();
    expect(layers()).toEqual([true, true, true]);
    world.client.setThrift('sound');
    await settle();
    expect(layers()).toEqual([true, false, false]);
    world.client.setThrift('everything');
    await settle();
    expect(layers()).toEqual([true, true, true]);
  });
});

describe('a shared screen', () => {
  it('is encoded for detail, and its sound as music', async () => {
    const [picture, sound] = [new FakeTrack('video'), new FakeTrack('audio')];
    Object.defineProperty(globalThis, 'navigator', {
      configurable: true,
      value: {
        mediaDevices: { getDisplayMedia: () => Promise.resolve(new FakeStream([picture, sound])) },
      },
    });
    await world.inside();
    await world.client.startSharing();
    expect([picture.contentHint, sound.contentHint]).toEqual(['detail', 'music']);
    const [, , screen, screenAudio] = world.peer.transceivers;
    expect([screen?.track, screenAudio?.track]).toEqual([picture, sound]);
    expect(world.socket.of('source_switch').map(one => `${one.source} ${one.isOn}`)).toEqual(
      expect.arrayContaining(['screen true', 'screen_audio true']),
    );
  });
});
