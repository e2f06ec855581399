/** Sounds that are made here, never loaded: the level meter's ear, the test sound, the chimes. */

export type Chime = 'test' | 'let_in' | 'at_the_door' | 'hand';

/** Frequencies in Hz, one after the other, and the length of each note in seconds. */
const TUNES: Record<Chime, { notes: ReadonlyArray<number>; note_s: number; gain: number }> = {
  test: { notes: [523.25, 659.25, 783.99, 1046.5], note_s: 0.22, gain: 0.2 },
  let_in: { notes: [587.33, 880], note_s: 0.18, gain: 0.16 },
  at_the_door: { notes: [659.25, 523.25], note_s: 0.16, gain: 0.12 },
  hand: { notes: [783.99], note_s: 0.16, gain: 0.08 },
};

interface SinkContext extends AudioContext {
  setSinkId?: (id: string) => Promise<void>;
}

/** Plays a tune on the chosen loudspeaker; resolves when it is over. */
export async function play(chime: Chime, speaker = ''): Promise<void> {
  const { notes, note_s, gain } = TUNES[chime];
  const context: SinkContext = new AudioContext();
  try {
    if (speaker !== '' && context.setSinkId) {
      await context.setSinkId(speaker).catch(() => undefined);
    }
    await context.resume();
    const ended = notes.map((frequency, index) =>
      note(context, frequency, index * note_s, note_s * 1.8, gain),
    );
    await Promise.all(ended);
  } finally {
    void context.close();
  }
}

function note(
  context: AudioContext,
  frequency: number,
  after_s: number,
  length_s: number,
  gain: number,
): Promise<void> {
  const start = context.currentTime + 0.02 + after_s;
  const oscillator = context.createOscillator();
  const envelope = context.createGain();
  oscillator.type = 'sine';
  oscillator.frequency.value = frequency;
  envelope.gain.setValueAtTime(0, start);
  envelope.gain.linearRampToValueAtTime(gain, start + 0.015);
  envelope.gain.exponentialRampToValueAtTime(0.0001, start + length_s);
  oscillator.connect(envelope).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + length_s);
  return new Promise(resolve => {
    oscillator.onended = () => {
      resolve();
    };
  });
}

/** Quietest level that is shown at all, in decibels below full scale. */
const FLOOR_DB = -55;

/** Maps a root mean square in [0, 1] to the share of a meter that is lit, in [0, 1]. */
export function meterShare(rootMeanSquare: number): number {
  if (rootMeanSquare <= 0) {
    return 0;
  }
  const decibels = 20 * Math.log10(rootMeanSquare);
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}

/** Watches a track's loudness at the screen's rate until the returned function is called. */
export function watchLevel(track: MediaStreamTrack, onLevel: (share: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  const source = context.createMediaStreamSource(new MediaStream([track]));
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let frame = 0;
  const look = () => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) {
      sum += sample * sample;
    }
    onLevel(meterShare(Math.sqrt(sum / samples.length)));
    frame = requestAnimationFrame(look);
  };
  // Before a click or a key a page may not make sound, and the context sleeps until then.
  const wake = () => void context.resume().catch(() => undefined);
  const gestures = ['pointerdown', 'keydown'] as const;
  gestures.forEach(gesture => {
    document.addEventListener(gesture, wake);
  });
  wake();
  frame = requestAnimationFrame(look);
  return () => {
    cancelAnimationFrame(frame);
    gestures.forEach(gesture => {
      document.removeEventListener(gesture, wake);
    });
    source.disconnect();
    void context.close();
  };
}
