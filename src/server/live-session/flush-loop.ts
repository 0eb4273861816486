/** All in ms. */
const quietDelay = 25;
const shortestPause = 50;
const longestPause = 1_000;
/** The pause after a round, in times its cost: fan-out takes a tenth of a core at most. */
const pausePerCost = 9;

/** Something that has news for its watchers. */
export interface Flushable {
  flush(): void;
}

/**
 * When news goes out: all sessions that have some in one round. The first news after quiet waits 25 ms
 * for more of it; after a round there is a pause that grows with what the round cost.
 */
export class FlushLoop {
  readonly #waiting = new Set<Flushable>();
  readonly #onRound: (seconds: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #due = Infinity;
  #pauseEnds = 0;

  /** @param onRound Called after each round with what it cost. */
  constructor(onRound: (seconds: number) => void = () => {}) {
    this.#onRound = onRound;
  }

  /** @param urgent Skips the 25 ms, but never the pause. */
  mark(session: Flushable, urgent = false): void {
    this.#waiting.add(session);
    const now = performance.now();
    const due = Math.max(now + (urgent ? 0 : quietDelay), this.#pauseEnds);
    if (due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#round(), due - now);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #round(): void {
    const began = performance.now();
    const sessions = [...this.#waiting];
    this.#waiting.clear();
    this.#due = Infinity;
    for (const session of sessions) session.flush();
    const ended = performance.now();
    this.#onRound((ended - began) / 1000);
    this.#pauseEnds = ended + Math.min(longestPause, Math.max(shortestPause, pausePerCost * (ended - began)));
  }
}
