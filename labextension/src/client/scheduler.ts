/** Time as the client sees it, so that tests own it. */

export type Cancel = () => void;

export interface Scheduler {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once after `delayMs`, unless it is cancelled first. */
  after(delayMs: number, task: () => void): Cancel;
  /** A number in [0, 1). */
  random(): number;
}

export const browserScheduler: Scheduler = {
  now: () => Date.now(),
  after: (delayMs, task) => {
    const handle = setTimeout(task, delayMs);
    return () => {
      clearTimeout(handle);
    };
  },
  random: () => Math.random(),
};
