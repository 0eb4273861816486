import type { Clock } from '../clock.js';

/** What went wrong with webhooks. */
export interface Troubles {
  /** Attempts that failed; most are made again. */
  readonly failed: number;
  /** Webhooks that were never accepted, and are tried no more. */
  readonly givenUp: number;
  /** Webhooks that there was no room for. */
  readonly dropped: number;
}

/** How long nothing is told after something was, in ms. */
const pause = 60_000;

/** Tells of troubles at once, and then at most once a minute of those that came since. */
export class TroubleReport {
  readonly #clock: Clock;
  readonly #tell: (troubles: Troubles) => void;
  #troubles: Record<keyof Troubles, number> | undefined;
  #resting = false;

  constructor(clock: Clock, tell: (troubles: Troubles) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  add(trouble: keyof Troubles, number = 1): void {
    this.#troubles ??= { failed: 0, givenUp: 0, dropped: 0 };
    this.#troubles[trouble] += number;
    if (!this.#resting) this.tell();
  }

  /** Tells of what hasn't been told. */
  tell(): void {
    this.#resting = this.#troubles !== undefined;
    if (!this.#troubles) return;
    this.#tell(this.#troubles);
    this.#troubles = undefined;
    this.#clock.schedule(pause, () => this.tell());
  }
}
