/** How often something may happen: on average, and at once after a quiet time. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Holds something to a rate: a bucket that fills by time. */
export class Rate {
  readonly #limit: RateLimit;
  #left: number;
  #at: number;

  /** @param now in ms */
  constructor(limit: RateLimit, now: number) {
    this.#limit = limit;
    this.#left = limit.burst;
    this.#at = now;
  }

  /** Takes one; false where it is one too many. */
  take(now: number): boolean {
    const { perSecond, burst } = this.#limit;
    this.#left = Math.min(burst, this.#left + ((now - this.#at) * perSecond) / 1000);
    this.#at = now;
    return --this.#left >= 0;
  }
}
