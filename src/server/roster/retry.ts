/** In ms. */
const shortestPause = 250;
const longestPause = 2_000;

const somewhatLess = (time: number): Promise<unknown> =>
  new Promise((resolve) => setTimeout(resolve, time * (0.5 + Math.random() / 2)).unref());

/** When what failed is tried again: after a pause that grows, but at once where the cause is known to be gone. */
export class Retry {
  readonly #pause: (time: number) => Promise<unknown>;
  readonly #waiting = new Set<() => void>();

  /** @param pause Waits for some ms. Default: for half that time up to all of it. */
  constructor(pause: (time: number) => Promise<unknown> = somewhatLess) {
    this.#pause = pause;
  }

  /**
   * Waits until it is time.
   *
   * @param failures How often it failed.
   */
  wait(failures: number): Promise<void> {
    return new Promise((resolve) => {
      const goOn = (): void => {
        this.#waiting.delete(goOn);
        resolve();
      };
      this.#waiting.add(goOn);
      void this.#pause(Math.min(longestPause, shortestPause * 2 ** failures)).then(goOn);
    });
  }

  /** Lets all who wait go on. */
  goOn(): void {
    for (const goOn of this.#waiting) goOn();
  }
}
