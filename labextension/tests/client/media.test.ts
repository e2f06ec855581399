import { beforeEach, describe, expect, it } from 'vitest';

import { AUDIO_SLOTS, CONNECTING_LIMIT_MS, INTERRUPTION_LIMIT_MS, VIDEO_SLOTS } from '../../src/client/media';
import type { RefusalView } from '../../src/protocol/messages';

import { installBrowserNames, settle, welcome, World } from './fakes';

let world: World;
beforeEach(() => {
  installBrowserNames();
  world = new World();
});

const media = () => world.client.media.store.get();

describe('the one offer', () => {
  it('has the sending m-lines first, then the slots, and names what it sends by mid', async () => {
    await world.inside();
    const { transceivers } = world.peer;
    expect(transceivers.slice(0, 4).map(one => `${one.kind} ${one.direction}`)).toEqual([
      'audio sendonly',
      'video sendonly',
      'video sendonly',
      'audio sendonly',
    ]);
    expect(transceivers).toHaveLength(4 + AUDIO_SLOTS + VIDEO_SLOTS);
    expect(new Set(transceivers.slice(4).map(one => one.direction))).toEqual(new Set(['recvonly']));
    expect(world.socket.of('media_offer')[0]?.sources).toEqual({
      '0': 'microphone',
      '1': 'camera',
      '2': 'screen',
      '3': 'screen_audio',
    });
    expect([...media().videos.keys()]).toHaveLength(VIDEO_SLOTS);
  });

  it('uses no ICE server but those of the room', async () => {
    await world.inside({
      iceServers: [{ urls: ['turn:training.example'], username: 'u', credential: 'c' }],
    });
    expect(world.peer.configuration.iceServers).toEqual([
      { urls: ['turn:training.example'], username: 'u', credential: 'c' },
    ]);
    const other = new World();
    await other.inside();
    expect(other.peer.configuration.iceServers).toEqual([]);
  });
});

describe('codecs of pictures', () => {
  const offered = () => world.peer.transceivers.filter(one => one.kind === 'video').map(one => one.codecs);

  it("are the operator's on every m-line, also after the worker was replaced", async () => {
    await world.inside({ videoCodecs: ['AV1', 'VP9', 'VP8'] });
    expect(new Set(offered().map(String))).toEqual(new Set(['video/VP9,video/VP8']));
    world.socket.say({ type: 'media_reset' });
    await settle();
    expect(world.peers).toHaveLength(2);
    expect(new Set(offered().map(String))).toEqual(new Set(['video/VP9,video/VP8']));
  });

  it('are VP8 where the operator says nothing', async () => {
    await world.inside();
    expect(new Set(offered().map(String))).toEqual(new Set(['video/VP8']));
  });
});

describe('a connection that never comes up', () => {
  it('is told as blocked, and tried again', async () => {
    world.client.enter({ microphone: false, camera: false });
    world.socket.open();
    world.socket.say(welcome());
    await settle();
    world.scheduler.advance(CONNECTING_LIMIT_MS);
    expect(media()).toMatchObject({ connection: 'failed', isBlocked: true });
    keepAlive();
    world.scheduler.advance(1000);
    await settle();
    expect(world.peers.length).toBe(2);
    world.peer.become('connected');
    expect(media()).toMatchObject({ connection: 'connected', isBlocked: false });
  });
});

describe('a connection that was up', () => {
  it('and is interrupted recovers by itself without another offer', async () => {
    await world.inside();
    world.peer.become('disconnected');
    expect(media().connection).toBe('interrupted');
    world.peer.become('connected');
    keepAlive();
    world.scheduler.advance(2 * INTERRUPTION_LIMIT_MS);
    expect(world.peers).toHaveLength(1);
  });

  it('and is interrupted restarts ICE: the same tracks go on by another way', async () => {
    await world.inside();
    world.peer.become('disconnected');
    await settle();
    expect(world.socket.of('ice_restart').map(one => one.ufrag)).toEqual(['mine1']);
    world.socket.say({ type: 'ice_restarted', ufrag: 'theirs', password: 'secret' });
    await settle();
    expect(world.peer.answers).toHaveLength(2);
    world.peer.become('connected');
    keepAlive();
    world.scheduler.advance(2 * INTERRUPTION_LIMIT_MS);
    expect(world.peers).toHaveLength(1);
    expect(media().connection).toBe('connected');
  });

  it('restarts ICE when the network changed, although nothing was noticed yet', async () => {
    await world.inside();
    world.client.networkChanged();
    await settle();
    world.socket.say({ type: 'ice_restarted', ufrag: 'theirs', password: 'secret' });
    await settle();
    keepAlive();
    world.scheduler.advance(2 * INTERRUPTION_LIMIT_MS);
    expect(world.peers).toHaveLength(1);
  });

  it('is made anew when the worker does not know it any more', async () => {
    await world.inside();
    world.client.networkChanged();
    await settle();
    world.socket.say({ type: 'failed', refusal: refused('media_unavailable'), inReplyTo: 'ice_restart' });
    await settle();
    expect(world.peers).toHaveLength(2);
    expect(media().isUnavailable).toBe(false);
  });

  it('looks for another way as soon as the line to the service is back', async () => {
    await world.inside();
    world.socket.drop();
    world.peer.become('disconnected');
    await settle();
    expect(world.peer.signalingState).toBe('stable');
    world.scheduler.advance(1000);
    world.socket.open();
    world.socket.say(welcome({ isMediaKept: true }));
    await settle();
    expect(world.socket.of('ice_restart')).toHaveLength(1);
    expect(world.peers).toHaveLength(1);
  });

  it('and stays interrupted is made anew, and is not called blocked', async () => {
    await world.inside();
    world.peer.become('disconnected');
    world.scheduler.advance(INTERRUPTION_LIMIT_MS);
    await settle();
    expect(world.peers).toHaveLength(2);
    world.peer.become('failed');
    expect(media()).toMatchObject({ connection: 'failed', isBlocked: false });
  });

  it('is made anew when the worker is replaced, with the same tracks and without a reload', async () => {
    await world.inside();
    const before = world.peer.transceivers.map(one => one.track);
    world.socket.say({ type: 'media_reset' });
    await settle();
    expect(world.peers).toHaveLength(2);
    expect(world.peers[0]?.isClosed).toBe(true);
    expect(world.peer.transceivers.map(one => one.track)).toEqual(before);
    expect(world.socket.of('media_offer').map(one => one.sdp)).toEqual(['offer 1', 'offer 2']);
  });

  it('takes an answer only for the newest offer', async () => {
    await world.inside();
    world.socket.say({ type: 'media_reset' });
    await settle();
    world.socket.say({ type: 'media_answer', sdp: 'answer 2' });
    await settle();
    world.socket.say({ type: 'media_answer', sdp: 'late' });
    await settle();
    expect(world.peers[0]?.answers).toEqual(['answer']);
    expect(world.peer.answers).toEqual(['answer 2']);
  });
});

describe('a service that cannot take media', () => {
  it('is told and tried again by itself', async () => {
    await world.inside();
    world.socket.say({ type: 'media_reset' });
    await settle();
    world.socket.say({ type: 'failed', refusal: refused('media_unavailable'), inReplyTo: 'media_offer' });
    expect(media().isUnavailable).toBe(true);
    keepAlive();
    world.scheduler.advance(1000);
    await settle();
    expect(world.peers).toHaveLength(3);
    world.socket.say({ type: 'media_answer', sdp: 'answer 3' });
    await settle();
    expect(media().isUnavailable).toBe(false);
  });
});

describe('the camera', () => {
  it('is sent in three layers, smallest first', async () => {
    await world.inside();
    const { encodings } = world.peer.transceivers[1] ?? {};
    expect(encodings?.map(one => [one.rid, one.scaleResolutionDownBy])).toEqual([
      ['q', 4],
      ['h', 2],
      ['f', 1],
    ]);
    expect(world.peer.transceivers[2]?.encodings).toHaveLength(1);
  });

  it('leaves out the layers that nobody watches, never the smallest, without a new offer', async () => {
    await world.inside();
    await world.client.media.setCameraLayers(2);
    expect(world.peer.transceivers[1]?.encodings.map(one => one.active)).toEqual([true, true, false]);
    await world.client.media.setCameraLayers(0);
    expect(world.peer.transceivers[1]?.encodings.map(one => one.active)).toEqual([true, false, false]);
    await world.client.media.setCameraLayers(3);
    expect(world.peer.transceivers[1]?.encodings.map(one => one.active)).toEqual([true, true, true]);
    expect(world.socket.of('media_offer')).toHaveLength(1);
  });
});

function refused(code: string): RefusalView {
  return { code, title: '', message: '', remedy: '', clause: null, clauseText: null, reference: null };
}

/** Something is heard, so that silence does not end the line in a long advance. */
function keepAlive(): void {
  world.socket.say({ type: 'pong', sentAtMs: world.scheduler.now() });
}
