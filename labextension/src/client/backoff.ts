/** How long to wait before the next attempt: doubling, capped, spread so that a class does not return at once. */

export const FIRST_DELAY_MS = 400;
export const LONGEST_DELAY_MS = 8000;

/**
 * Delay before attempt `attempt` (0 is the first retry). The upper half of the
 * exponential step is random: 30 people cut by the same restart do not all come
 * back in the same millisecond.
 */
export function retryDelayMs(attempt: number, random: number): number {
  const step = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 16));
  return Math.round(step / 2 + (step / 2) * random);
}
