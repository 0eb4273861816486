import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/server/clock.js';

/** A clock that stands until it is told to go on. */
export class ManualClock implements Clock {
  #now = Date.now();
  readonly #scheduled = new Set<{ at: number; run: () => void }>();

  /** In how many ms each thing that is scheduled is due, the soonest first. */
  get due(): readonly number[] {
    return [...this.#scheduled].map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  readonly now = (): number => this.#now;

  readonly schedule = (delay: number, run: () => void): (() => void) => {
    const entry = { at: this.#now + delay, run };
    this.#scheduled.add(entry);
    return () => this.#scheduled.delete(entry);
  };

  /** Goes on by a time in ms, and resolves when what was due has run and what it resolved was heard. */
  async advance(time: number): Promise<void> {
    const end = this.#now + time;
    for (;;) {
      const [next] = [...this.#scheduled].sort((a, b) => a.at - b.at);
      if (!next || next.at > end) break;
      this.#scheduled.delete(next);
      this.#now = next.at;
      next.run();
      await setImmediate();
    }
    this.#now = end;
    await setImmediate();
  }
}
