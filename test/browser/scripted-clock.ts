/** Timers that run when the test says so, in place of the page's. */
export class ScriptedClock {
  // Handles are nobody else's: what an earlier test left may still be stopped.
  static #last = 1e9;
  #now = 0;
  readonly #due = new Map<number, { at: number; callback: () => void }>();
  readonly #own = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

  constructor() {
    Object.assign(globalThis, {
      setTimeout: (callback: () => void, delay = 0) => {
        const handle = ++ScriptedClock.#last;
        this.#due.set(handle, { at: this.#now + delay, callback });
        return handle;
      },
      clearTimeout: (handle: number) =>
        this.#due.delete(handle) || this.#own.clearTimeout.call(globalThis, handle),
    });
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#due.size;
  }

  /** @param delay in ms */
  advance(delay: number): void {
    this.#now += delay;
    for (const [handle, { at, callback }] of this.#due) {
      if (at <= this.#now && this.#due.delete(handle)) callback();
    }
  }

  /** Gives the page its timers back. */
  stop(): void {
    Object.assign(globalThis, this.#own);
  }
}
