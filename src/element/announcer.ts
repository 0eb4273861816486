import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { Timer } from '../client/timer.js';

/**
 * What a live region says. It follows the phrases it is told with a delay, and says only the last of each
 * interval: a region that is rewritten on every change talks over everything else.
 */
export class Announcer implements ReactiveController {
  /** What to have in the live region; empty at first. */
  text = '';
  readonly #host: ReactiveControllerHost;
  readonly #interval = new Timer();
  #latest: string | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  /**
   * @param phrase undefined where there is nothing to say.
   * @param seconds From one announcement to the next; 0 for none at all.
   */
  tell(phrase: string | undefined, seconds: number): void {
    this.#latest = phrase;
    if (!seconds) {
      this.text = '';
      this.#interval.stop();
    } else if (phrase && phrase !== this.text && !this.#interval.running) {
      this.#interval.start(seconds * 1000, () => {
        this.text = this.#latest ?? this.text;
        this.#host.requestUpdate();
      });
    }
  }

  hostDisconnected(): void {
    this.#interval.stop();
  }
}
