import { Timer } from '../client/timer.js';

/**
 * What a live region says. It follows the phrases it is told with a delay, and says only the last of each
 * interval: a region that is rewritten on every change talks over everything else.
 */
export class Announcer {
  /** What to have in the live region; empty at first. */
  text = '';
  readonly #speak: () => void;
  readonly #interval = new Timer();
  #latest = '';
  #said = '';

  /** @param speak Called when there is another text. */
  constructor(speak: () => void) {
    this.#speak = speak;
  }

  /**
   * @param phrase Empty where there is nothing to say.
   * @param seconds From one announcement to the next; 0 for none at all.
   */
  tell(phrase: string, seconds: number): void {
    this.#latest = phrase;
    if (!seconds || !phrase) {
      this.text = this.#said = '';
      this.#interval.stop();
    } else if ((this.text || phrase !== this.#said) && !this.#interval.running) {
      this.#interval.start(seconds * 1000, () => {
        this.text = this.#latest === this.#said ? '' : (this.#said = this.#latest);
        this.#speak();
      });
    }
  }
}
