/** Timers that run when the test says so, in place of the page's. */
export class ScriptedClock {
  #now = 0;
  #last = 0;
  readonly #due = new Map<number, { at: number; callback: () => void }>();
  readonly #own = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

  constructor() {
    Object.assign(globalThis, {
      setTimeout: (callback: () => void, delay = 0) => {
        this.#due.set(++this.#last, { at: this.#now + delay, callback });
        return this.#last;
      },
      clearTimeout: (handle: number) => this.#due.delete(handle),
    });
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
