import { describe, expect, it } from 'vitest';

import { offeredCodecs } from '../../src/client/codecs';

const video = (name: string, sdpFmtpLine?: string) => ({
  mimeType: `video/${name}`,
  clockRate: 90000,
  ...(sdpFmtpLine === undefined ? {} : { sdpFmtpLine }),
});
const VP8 = video('VP8');
const RTX = video('rtx');
const VP9 = video('VP9', 'profile-id=0');
const AV1 = video('AV1', 'level-idx=5;profile=0;tier=0');
const H264 = video('H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f');
const CHROMIUM = [
  VP8,
  RTX,
  VP9,
  video('VP9', 'profile-id=2'),
  video('H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f'),
  video('H264', 'level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f'),
  H264,
  AV1,
  video('AV1', 'level-idx=5;profile=1;tier=0'),
  video('red'),
];

describe('the codecs that are offered', () => {
  it('are VP8 alone where nothing else is asked for', () => {
    expect(offeredCodecs('video', CHROMIUM, [])).toEqual([VP8, RTX]);
    expect(offeredCodecs('video', CHROMIUM, ['VP8'])).toEqual([VP8, RTX]);
  });

  it("are the operator's, best first, in one form each, with VP8 in the end", () => {
    expect(offeredCodecs('video', CHROMIUM, ['AV1', 'H264', 'VP9'])).toEqual([AV1, H264, VP9, VP8, RTX]);
    expect(offeredCodecs('video', CHROMIUM, ['VP9', 'VP8', 'AV1'])).toEqual([VP9, VP8, AV1, RTX]);
  });

  it('leave out what the browser lacks', () => {
    expect(offeredCodecs('video', [VP8, RTX], ['AV1', 'VP8'])).toEqual([VP8, RTX]);
    expect(offeredCodecs('video', [RTX], ['AV1'])).toEqual([]);
  });

  it('are Opus for sound, whatever pictures are', () => {
    const opus = { mimeType: 'audio/opus', clockRate: 48000 };
    const known = [{ mimeType: 'audio/G722', clockRate: 8000 }, opus];
    expect(offeredCodecs('audio', known, ['AV1'])).toEqual([opus]);
  });
});
