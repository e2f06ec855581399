import { describe, expect, it } from 'vitest';

import {
  LineQuality,
  PATIENCE,
  SAMPLE_INTERVAL_MS,
  SOUND_PATIENCE,
  sampleOf,
  type Expectations,
  type Findings,
  type LineSample,
  type Sample,
} from '../../src/client/lineQuality';

const counters = (changes: Partial<LineSample> = {}): LineSample => ({
  packets: 0,
  lost: 0,
  frames: 0,
  freezes: 0,
  energy: 0,
  ...changes,
});

const expected: Expectations = {
  microphoneMid: '0',
  pictureMids: ['10'],
  audioMids: ['4', '5'],
  othersSpeak: true,
  isSoundHeld: false,
};

/** Judges `count` samples whose counters grow by `step` each. */
function after(
  count: number,
  sent: Partial<LineSample>,
  picture: Partial<LineSample>,
  sound: Partial<LineSample>,
  wanted: Expectations = expected,
  sentLoss = 0,
): Findings {
  const quality = new LineQuality();
  const times = (step: Partial<LineSample>, number: number) =>
    counters(Object.fromEntries(Object.entries(step).map(([name, value]) => [name, value * number])));
  let findings: Findings | undefined;
  for (let number = 0; number <= count; number += 1) {
    const sample: Sample = {
      atMs: number * SAMPLE_INTERVAL_MS,
      sent: new Map([['0', times(sent, number)]]),
      received: new Map([
        ['10', times(picture, number)],
        ['4', times(sound, number)],
      ]),
      roundTripMs: null,
      sentLoss,
    };
    findings = quality.judge(sample, wanted);
  }
  if (!findings) {
    throw new Error('nothing was judged');
  }
  return findings;
}

const GOOD = { packets: 100, frames: 40, energy: 0.1 };

describe('a good line', () => {
  it('gives no findings however long it lasts', () => {
    expect(after(20, GOOD, GOOD, GOOD)).toEqual({
      pictures: new Map(),
      sendsNoSound: false,
      microphoneIsSilent: false,
      hearsNobody: false,
      sends: 'good',
      receives: 'good',
    });
  });
});

describe('suspicions', () => {
  it('of a microphone that sends nothing need patience', () => {
    const nothing = { packets: 0, energy: 0.1 };
    expect(after(SOUND_PATIENCE - 1, nothing, GOOD, GOOD).sendsNoSound).toBe(false);
    expect(after(SOUND_PATIENCE, nothing, GOOD, GOOD)).toMatchObject({ sendsNoSound: true, sends: 'none' });
    // the first of these samples only gives something to compare with
    expect((SOUND_PATIENCE + 1) * SAMPLE_INTERVAL_MS).toBeLessThanOrEqual(3000);
  });

  it('of dead silence need more of it, and need the packets to flow', () => {
    const silent = { packets: 100, energy: 0 };
    expect(after(4, silent, GOOD, GOOD).microphoneIsSilent).toBe(false);
    expect(after(5, silent, GOOD, GOOD)).toMatchObject({ microphoneIsSilent: true, sendsNoSound: false });
  });

  it('do not touch a microphone that is off', () => {
    const off = { ...expected, microphoneMid: null };
    expect(after(20, {}, GOOD, GOOD, off)).toMatchObject({ sendsNoSound: false, microphoneIsSilent: false });
  });

  it('of hearing nobody need somebody to speak', () => {
    const deaf = { packets: 0 };
    expect(after(PATIENCE, GOOD, GOOD, deaf).hearsNobody).toBe(true);
    expect(after(20, GOOD, GOOD, deaf, { ...expected, othersSpeak: false }).hearsNobody).toBe(false);
  });

  it('of a picture tell why: it stands still, or packets get lost', () => {
    expect(after(PATIENCE, GOOD, { packets: 10, frames: 0 }, GOOD).pictures).toEqual(
      new Map([['10', 'frozen']]),
    );
    expect(after(PATIENCE, GOOD, { packets: 80, lost: 20, frames: 10 }, GOOD).pictures).toEqual(
      new Map([['10', 'lossy']]),
    );
    expect(after(PATIENCE, GOOD, { packets: 99, lost: 1, frames: 10 }, GOOD).pictures.size).toBe(0);
  });

  it('pass when the line recovers', () => {
    const quality = new LineQuality();
    let packets = 0;
    const judge = (moves: boolean) => {
      packets += moves ? 100 : 0;
      return quality.judge(
        {
          atMs: 0,
          sent: new Map([['0', counters({ packets, energy: packets })]]),
          received: new Map(),
          roundTripMs: null,
          sentLoss: 0,
        },
        { ...expected, pictureMids: [], othersSpeak: false },
      );
    };
    judge(true);
    for (let round = 0; round < PATIENCE; round += 1) {
      judge(false);
    }
    expect(judge(false).sendsNoSound).toBe(true);
    expect(judge(true).sendsNoSound).toBe(false);
  });
});

describe('what the others are told', () => {
  it('is a poor line when the other end misses packets, or half of the pictures are bad', () => {
    expect(after(PATIENCE, GOOD, GOOD, GOOD, expected, 0.2)).toMatchObject({
      sends: 'poor',
      receives: 'good',
    });
    expect(after(PATIENCE, GOOD, { packets: 10 }, GOOD)).toMatchObject({ sends: 'good', receives: 'poor' });
    expect(after(PATIENCE, GOOD, GOOD, { packets: 80, lost: 20 }).receives).toBe('poor');
  });

  it('is that nothing is heard while the browser holds the sound back', () => {
    expect(after(1, GOOD, GOOD, GOOD, { ...expected, isSoundHeld: true }).receives).toBe('none');
  });

  it('turns for the better only after a while', () => {
    const quality = new LineQuality();
    let packets = 0;
    const judge = (isSoundHeld: boolean) => {
      packets += 100;
      const line = counters({ packets, energy: packets, frames: packets });
      const received = new Map([
        ['10', line],
        ['4', line],
      ]);
      const sample = { atMs: 0, sent: new Map([['0', line]]), received, roundTripMs: null, sentLoss: 0 };
      return quality.judge(sample, { ...expected, isSoundHeld }).receives;
    };
    judge(false);
    expect(judge(true)).toBe('none');
    for (let number = 1; number < PATIENCE; number += 1) {
      expect(judge(false)).toBe('none');
    }
    expect(judge(false)).toBe('good');
  });
});

describe('a browser’s report', () => {
  it('is boiled down to counters by mid', () => {
    const report = new Map<string, object>([
      ['S1', { id: 'S1', type: 'media-source', totalAudioEnergy: 0.5 }],
      ['O1', { type: 'outbound-rtp', mid: '0', packetsSent: 12, mediaSourceId: 'S1' }],
      ['I1', { type: 'inbound-rtp', mid: '10', packetsReceived: 7, packetsLost: 1, framesDecoded: 5 }],
      ['P1', { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.02 }],
      ['X', { type: 'codec' }],
    ]) as unknown as RTCStatsReport;
    const sample = sampleOf(report, 1);
    expect(sample.sent.get('0')).toEqual(counters({ packets: 12, energy: 0.5 }));
    expect(sample.received.get('10')).toEqual(counters({ packets: 7, lost: 1, frames: 5 }));
    expect(sample.roundTripMs).toBe(20);
  });
});
