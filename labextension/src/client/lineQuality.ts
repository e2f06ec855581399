/**
 * Reads `getStats` every two seconds and says what a person should know: my
 * microphone sends nothing, I hear nobody, this picture comes through badly.
 *
 * Judging is pure (`judge`): two samples in, findings out.
 */

import type { LineState } from '../protocol/messages';

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
  /** Share of our packets that the other end missed lately; the worst of what we send. */
  sentLoss: number;
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
  /** How sound and picture pass, each way: what the others are told. */
  sends: LineState;
  receives: LineState;
}

export const NO_FINDINGS: Findings = {
  pictures: new Map(),
  sendsNoSound: false,
  microphoneIsSilent: false,
  hearsNobody: false,
  sends: 'good',
  receives: 'good',
};

export interface Expectations {
  /** Mid of our microphone while it is on. */
  microphoneMid: string | null;
  /** Mids of slots that should be moving. */
  pictureMids: ReadonlyArray<string>;
  audioMids: ReadonlyArray<string>;
  /** Somebody else is speaking, says the room. */
  othersSpeak: boolean;
  /** The browser plays no sound before a click. */
  isSoundHeld: boolean;
}

/** Samples are this far apart. */
export const SAMPLE_INTERVAL_MS = 1000;
/** So many samples in a row before something is said: passing hiccups are nobody's business. */
export const PATIENCE = 3;
/** Not being heard is told sooner: within three seconds. */
export const SOUND_PATIENCE = 2;
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
  private readonly states = { sends: 'good', receives: 'good' } as Record<'sends' | 'receives', LineState>;

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
    const sendsNoSound = this.lasts('sends', sent !== null && sent.packets === 0) >= SOUND_PATIENCE;
    const hearsNobody = this.lasts('hears', expected.othersSpeak && !heard) >= SOUND_PATIENCE;
    const isUplinkLossy = this.lasts('uplink', sample.sentLoss > LOSSY_SHARE) >= PATIENCE;
    const isSoundLossy =
      this.lasts(
        'sound',
        expected.audioMids.some(mid => isLossy(before.received.get(mid), sample.received.get(mid))),
      ) >= PATIENCE;
    const arePicturesBad =
      expected.pictureMids.length > 0 && 2 * pictures.size >= expected.pictureMids.length;
    return {
      pictures,
      sendsNoSound,
      microphoneIsSilent:
        this.lasts('silent', sent !== null && sent.energy < DEAD_SILENCE) >= SILENCE_PATIENCE,
      hearsNobody,
      sends: this.settled('sends', sendsNoSound ? 'none' : isUplinkLossy ? 'poor' : 'good'),
      receives: this.settled(
        'receives',
        hearsNobody || expected.isSoundHeld ? 'none' : isSoundLossy || arePicturesBad ? 'poor' : 'good',
      ),
    };
  }

  /** Takes a turn for the worse at once and one for the better after a while: the others need no flicker. */
  private settled(way: 'sends' | 'receives', now: LineState): LineState {
    const was = this.states[way];
    const isBetter = GRADES[now] > GRADES[was];
    if (this.lasts(`${way} better`, isBetter) >= PATIENCE || GRADES[now] < GRADES[was]) {
      this.states[way] = now;
    }
    return this.states[way];
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

const GRADES: Record<LineState, number> = { none: 0, poor: 1, good: 2 };

function isLossy(before: LineSample | undefined, after: LineSample | undefined): boolean {
  if (!before || !after) {
    return false;
  }
  const lost = after.lost - before.lost;
  return lost > 0 && lost / (after.packets - before.packets + lost) > LOSSY_SHARE;
}

function pictureFault(before: LineSample | undefined, after: LineSample | undefined): PictureFault | null {
  if (!before || !after) {
    return null;
  }
  if (after.frames === before.frames) {
    return 'frozen';
  }
  return isLossy(before, after) ? 'lossy' : null;
}

/** Boils a browser's report down to a `Sample`. */
export function sampleOf(report: RTCStatsReport, atMs: number): Sample {
  const sent = new Map<string, LineSample>();
  const received = new Map<string, LineSample>();
  const sources = new Map<string, Record<string, unknown>>();
  let roundTripMs: number | null = null;
  let sentLoss = 0;
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
      // The layers of a camera share their mid: together they are what leaves.
      const layers = sent.get(mid);
      sent.set(mid, {
        packets: count(entry['packetsSent']) + (layers?.packets ?? 0),
        lost: 0,
        frames: count(entry['framesEncoded']) + (layers?.frames ?? 0),
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
    } else if (type === 'remote-inbound-rtp') {
      sentLoss = Math.max(sentLoss, count(entry['fractionLost']));
    } else if (type === 'candidate-pair' && entry['nominated'] === true) {
      const seconds = entry['currentRoundTripTime'];
      roundTripMs = typeof seconds === 'number' ? seconds * 1000 : roundTripMs;
    }
  }
  return { atMs, sentLoss, sent, received, roundTripMs };
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
