/**
 * Reads `getStats` every two seconds and says what a person should know: my
 * microphone sends nothing, I hear nobody, this picture comes through badly.
 *
 * Judging is pure (`judge`): two samples in, findings out.
 */

/** Counters of one m-line at one moment; all of them only grow. */
export interface LineSample {
  packets: number;
  lost: number;
  frames: number;
  freezes: number;
  energy: number;
}

export interface Sample {
  atMs: number;
  /** What we send, by source's mid. */
  sent: ReadonlyMap<string, LineSample>;
  /** What we receive, by mid; audio and video. */
  received: ReadonlyMap<string, LineSample>;
  roundTripMs: number | null;
}

export type PictureFault = 'frozen' | 'lossy';

export interface Findings {
  /** Pictures that come through badly, by mid. */
  pictures: ReadonlyMap<string, PictureFault>;
  sendsNoSound: boolean;
  microphoneIsSilent: boolean;
  hearsNobody: boolean;
}

export const NO_FINDINGS: Findings = {
  pictures: new Map(),
  sendsNoSound: false,
  microphoneIsSilent: false,
  hearsNobody: false,
};

export interface Expectations {
  /** Mid of our microphone while it is on. */
  microphoneMid: string | null;
  /** Mids of slots that should be moving. */
  pictureMids: ReadonlyArray<string>;
  audioMids: ReadonlyArray<string>;
  /** Somebody else is speaking, says the room. */
  othersSpeak: boolean;
}

/** Samples are this far apart. */
export const SAMPLE_INTERVAL_MS = 2000;
/** So many samples in a row before something is said: passing hiccups are nobody's business. */
export const PATIENCE = 3;
/** Share of packets lost above which a picture suffers visibly. */
const LOSSY_SHARE = 0.08;
/** A microphone whose energy grows less than this in a sample hears nothing at all, not even a room. */
const DEAD_SILENCE = 1e-9;
/** A microphone must be dead silent for this many samples: people do think before they speak. */
const SILENCE_PATIENCE = 5;

/** Counts how long each suspicion has lasted; give it every sample in order. */
export class LineQuality {
  private before: Sample | null = null;
  private readonly counts = new Map<string, number>();

  judge(sample: Sample, expected: Expectations): Findings {
    const { before } = this;
    this.before = sample;
    if (!before) {
      return NO_FINDINGS;
    }
    const pictures = new Map<string, PictureFault>();
    for (const mid of expected.pictureMids) {
      const fault = pictureFault(before.received.get(mid), sample.received.get(mid));
      if (this.lasts(`picture ${mid}`, fault !== null) >= PATIENCE && fault) {
        pictures.set(mid, fault);
      }
    }
    const sent = grown(before.sent, sample.sent, expected.microphoneMid);
    const heard = expected.audioMids.some(
      mid => (grown(before.received, sample.received, mid)?.packets ?? 0) > 0,
    );
    return {
      pictures,
      sendsNoSound: this.lasts('sends', sent !== null && sent.packets === 0) >= PATIENCE,
      microphoneIsSilent:
        this.lasts('silent', sent !== null && sent.energy < DEAD_SILENCE) >= SILENCE_PATIENCE,
      hearsNobody: this.lasts('hears', expected.othersSpeak && !heard) >= PATIENCE,
    };
  }

  private lasts(what: string, isSo: boolean): number {
    const count = isSo ? (this.counts.get(what) ?? 0) + 1 : 0;
    this.counts.set(what, count);
    return count;
  }
}

function grown(
  before: ReadonlyMap<string, LineSample>,
  after: ReadonlyMap<string, LineSample>,
  mid: string | null,
): { packets: number; energy: number } | null {
  if (mid === null) {
    return null;
  }
  const was = before.get(mid);
  const is = after.get(mid);
  return was && is ? { packets: is.packets - was.packets, energy: is.energy - was.energy } : null;
}

function pictureFault(before: LineSample | undefined, after: LineSample | undefined): PictureFault | null {
  if (!before || !after) {
    return null;
  }
  const packets = after.packets - before.packets;
  const lost = after.lost - before.lost;
  if (after.frames === before.frames) {
    return 'frozen';
  }
  return lost > 0 && lost / (packets + lost) > LOSSY_SHARE ? 'lossy' : null;
}

/** Boils a browser's report down to a `Sample`. */
export function sampleOf(report: RTCStatsReport, atMs: number): Sample {
  const sent = new Map<string, LineSample>();
  const received = new Map<string, LineSample>();
  const sources = new Map<string, Record<string, unknown>>();
  let roundTripMs: number | null = null;
  const entries: Record<string, unknown>[] = [];
  report.forEach((entry: Record<string, unknown>) => {
    entries.push(entry);
    if (entry['type'] === 'media-source') {
      sources.set(String(entry['id']), entry);
    }
  });
  for (const entry of entries) {
    const { type, mid } = entry;
    if (type === 'outbound-rtp' && typeof mid === 'string') {
      const energy = sources.get(String(entry['mediaSourceId']))?.['totalAudioEnergy'];
      sent.set(mid, {
        packets: count(entry['packetsSent']),
        lost: 0,
        frames: count(entry['framesEncoded']),
        freezes: 0,
        energy: count(energy),
      });
    } else if (type === 'inbound-rtp' && typeof mid === 'string') {
      received.set(mid, {
        packets: count(entry['packetsReceived']),
        lost: count(entry['packetsLost']),
        frames: count(entry['framesDecoded']),
        freezes: count(entry['freezeCount']),
        energy: count(entry['totalAudioEnergy']),
      });
    } else if (type === 'candidate-pair' && entry['nominated'] === true) {
      const seconds = entry['currentRoundTripTime'];
      roundTripMs = typeof seconds === 'number' ? seconds * 1000 : roundTripMs;
    }
  }
  return { atMs, sent, received, roundTripMs };
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
