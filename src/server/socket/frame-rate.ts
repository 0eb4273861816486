/** How many frames a second a client may send, and how many at once. */
const perSecond = 20;
const burst = 40;

/** Counts a client's frames against its rate: a bucket that fills by time. */
export class FrameRate {
  #left = burst;
  #at: number;

  /** @param now in ms */
  constructor(now: number) {
    this.#at = now;
  }

  /** Takes one frame; false where it is one too many. */
  take(now: number): boolean {
    this.#left = Math.min(burst, this.#left + ((now - this.#at) * perSecond) / 1000);
    this.#at = now;
    return --this.#left >= 0;
  }
}
