/** A timer that can be set again: starting it forgets what it was set to before. */
export class Timer {
  #handle: ReturnType<typeof setTimeout> | undefined;

  /** @param delay in ms */
  start(delay: number, callback: () => void): void {
    this.stop();
    this.#handle = setTimeout(() => {
      this.#handle = undefined;
      callback();
    }, delay);
  }

  stop(): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
  }

  get running(): boolean {
    return this.#handle !== undefined;
  }
}
