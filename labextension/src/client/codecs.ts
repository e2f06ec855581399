/**
 * Which codecs are offered: Opus, and for pictures those that the operator names
 * and this browser knows, one form of each. All forms of all codecs on 22
 * m-lines would be near the limit of a message, and nobody would send them.
 */

/** The one that every browser has. */
const LAST_RESORT = 'VP8';

/** Of codecs with several forms the one that all browsers share. */
const SHARED_FORM: Readonly<Record<string, RegExp>> = {
  'video/h264': /^(?=.*packetization-mode=1)(?=.*profile-level-id=42e0)/i,
  'video/vp9': /profile-id=0/i,
  'video/av1': /^(?!.*profile=[12])/i,
};

type Codec = RTCRtpCapabilities['codecs'][number];

/** Lists the codecs to offer for an m-line, best first; empty: leave it to the browser. */
export function offeredCodecs(
  kind: 'audio' | 'video',
  known: ReadonlyArray<Codec>,
  videoCodecs: ReadonlyArray<string>,
): Codec[] {
  const names = kind === 'audio' ? ['opus'] : [...new Set([...videoCodecs, LAST_RESORT])];
  const chosen = names.flatMap(
    name => known.find(codec => isForm(codec, `${kind}/${name}`.toLowerCase())) ?? [],
  );
  const repeats = known.filter(codec => codec.mimeType.toLowerCase() === 'video/rtx');
  return chosen.length > 0 ? [...chosen, ...repeats] : [];
}

/** Has a transceiver offer these codecs alone, of those that the browser can use in its direction. */
export function preferCodecs(
  transceiver: RTCRtpTransceiver,
  kind: 'audio' | 'video',
  videoCodecs: ReadonlyArray<string>,
): void {
  const received = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
  const sent =
    transceiver.direction === 'sendonly' ? (RTCRtpSender.getCapabilities(kind)?.codecs ?? []) : null;
  // an entry must be one that could be received, whatever the direction is (W3C WebRTC, setCodecPreferences)
  const known = sent ? received.filter(one => sent.some(other => isSame(one, other))) : received;
  const codecs = offeredCodecs(kind, known, videoCodecs);
  if (codecs.length > 0) {
    transceiver.setCodecPreferences(codecs);
  }
}

function isForm(codec: Codec, mimeType: string): boolean {
  return (
    codec.mimeType.toLowerCase() === mimeType &&
    (SHARED_FORM[mimeType]?.test(codec.sdpFmtpLine ?? '') ?? true)
  );
}

function isSame(one: Codec, other: Codec): boolean {
  return one.mimeType === other.mimeType && one.sdpFmtpLine === other.sdpFmtpLine;
}
