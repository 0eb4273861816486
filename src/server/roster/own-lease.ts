/** A moment by two clocks, both in ms: that of the computer, which may be set, and one that stops with the computer. */
interface Moment {
  readonly set: number;
  readonly steady: number;
}

/** What a process knows of its own lease, without asking the engine. */
export class OwnLease {
  readonly #length: number;
  readonly #now: () => number;
  readonly #steadyNow: () => number;
  /** When the last renewal that succeeded was asked for. */
  #renewedAt: Moment;
  /** Since when no renewal was late, by the steady clock. */
  #wholeSince = Infinity;

  /** @param length In ms. */
  constructor(length: number, now: () => number, steadyNow: () => number) {
    this.#length = length;
    this.#now = now;
    this.#steadyNow = steadyNow;
    this.#renewedAt = this.time();
  }

  time(): Moment {
    return { set: this.#now(), steady: this.#steadyNow() };
  }

  /**
   * Notes that a renewal succeeded.
   *
   * @param asked When it was asked for.
   * @param inTime Whether it followed another before the lease ran out.
   */
  renewed(asked: Moment, inTime: boolean): void {
    if (!inTime) this.#wholeSince = asked.steady;
    this.#renewedAt = asked;
  }

  /** Whether it can't have run out, by either clock. */
  holds(): boolean {
    const { set, steady } = this.time();
    return Math.max(set - this.#renewedAt.set, steady - this.#renewedAt.steady) < this.#length;
  }

  /** Whether it has been held without a gap for as long as a lease is. */
  isWhole(): boolean {
    return this.holds() && this.#steadyNow() - this.#wholeSince >= this.#length;
  }
}
