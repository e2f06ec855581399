import { describe, expect, it } from 'vitest';

import { ufragOf, withCredentials, withSound, withStereoSlots } from '../../src/client/descriptions';

const SDP = [
  'v=0',
  'o=- 1 2 IN IP4 0.0.0.0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=ice-ufrag:old',
  'a=ice-pwd:secret',
  'a=mid:0',
  'a=sendonly',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=ice-ufrag:old',
  'a=ice-pwd:secret',
  'a=mid:1',
  'a=recvonly',
  'a=rtpmap:96 VP8/90000',
  'm=audio 9 UDP/TLS/RTP/SAVPF 109',
  'a=mid:2',
  'a=recvonly',
  'a=rtpmap:109 opus/48000/2',
  '',
].join('\r\n');

const lines = (sdp: string) => sdp.split('\r\n');
const changed = (after: string) => lines(after).filter(line => !lines(SDP).includes(line));

describe('session descriptions', () => {
  it('tell the encoder of speech to be mono, to repair losses and to pause', () => {
    expect(changed(withSound(SDP, '0', 'speech'))).toEqual([
      'a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;stereo=0;maxaveragebitrate=40000',
    ]);
  });

  it('tell the encoder of music to be stereo and never to pause', () => {
    expect(changed(withSound(SDP, '0', 'music'))).toEqual([
      'a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=128000',
    ]);
  });

  it('keep every other line, pictures and unknown m-lines too', () => {
    expect(withSound(SDP, '1', 'music')).toBe(SDP);
    expect(withSound(SDP, '9', 'music')).toBe(SDP);
  });

  it('offer stereo where sound is received, and nowhere else', () => {
    expect(changed(withStereoSlots(SDP))).toEqual(['a=fmtp:109 minptime=10;useinbandfec=1;stereo=1']);
    expect(withStereoSlots(withStereoSlots(SDP))).toBe(withStereoSlots(SDP));
  });

  it('take fresh credentials in every section', () => {
    const fresh = withCredentials(SDP, { ufrag: 'new', password: 'other' });
    expect(lines(fresh).filter(line => line.startsWith('a=ice-'))).toEqual([
      'a=ice-ufrag:new',
      'a=ice-pwd:other',
      'a=ice-ufrag:new',
      'a=ice-pwd:other',
    ]);
    expect(ufragOf(fresh)).toBe('new');
    expect(ufragOf('v=0')).toBeNull();
  });
});
