/** Something that is done often but not too often: where somebody points, how far they scrolled. Pure but for a timer. */
export class Pace {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private actedAt = -Infinity;

  constructor(
    private readonly intervalMs: number,
    private readonly act: () => void,
  ) {}

  /** Acts once, however often it is asked: now, or when the interval since the last time is over. */
  ask(): void {
    this.timer ??= setTimeout(
      () => {
        this.timer = null;
        this.actedAt = Date.now();
        this.act();
      },
      Math.max(0, this.actedAt + this.intervalMs - Date.now()),
    );
  }

  /** Leaves undone what waits: it was about something that is over. */
  stop(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
