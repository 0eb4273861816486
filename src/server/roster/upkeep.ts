import type { Roster } from './roster.js';

/** In ms: between two looks for dead processes, and between two comparisons of a session with the engine's. */
const reapInterval = 1_000;
const reconcileInterval = 2_000;
/** A round of comparisons goes in steps, so that it isn't a burst; of many sessions it takes longer. */
const reconcileSteps = 40;
const mostPerStep = 50;

/**
 * Keeps a roster that is shared with other processes: renews its lease, takes out who died, and finds what got lost.
 * What fails is tried again when its time comes.
 */
export class RosterUpkeep {
  readonly #roster: Roster;
  readonly #lease: number;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #waiting: string[] = [];
  #perStep = 0;
  /** When the next round of comparisons may begin, in ms. */
  #nextRound = 0;

  /** @param lease How long the engine holds an unrenewed lease, in ms. */
  constructor(roster: Roster, lease: number) {
    this.#roster = roster;
    this.#lease = lease;
  }

  start(): void {
    this.#repeat(
      'renew',
      () => this.#lease / 3,
      false,
      () => this.#roster.renew(),
    );
    this.#repeat(
      'reap',
      () => jittered(reapInterval),
      true,
      () => this.#roster.reap(),
    );
    const step = reconcileInterval / reconcileSteps;
    this.#repeat(
      'reconcile',
      () => jittered(step),
      true,
      async () => this.#reconcile(),
    );
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** @param sequential Waits until it is done; else the interval is kept whatever it takes. */
  #repeat(name: string, interval: () => number, sequential: boolean, action: () => Promise<unknown>): void {
    const run = (): void => {
      const done = action().catch(() => {});
      if (sequential) void done.then(schedule);
      else schedule();
    };
    const schedule = (): void => {
      if (this.#timers.has(name)) this.#timers.set(name, setTimeout(run, interval()).unref());
    };
    this.#timers.set(name, setTimeout(run, interval()).unref());
  }

  #reconcile(): void {
    const now = performance.now();
    if (!this.#waiting.length && now >= this.#nextRound) {
      this.#nextRound = now + reconcileInterval;
      this.#waiting = [...this.#roster.sessions()];
      this.#perStep = Math.min(mostPerStep, Math.ceil(this.#waiting.length / reconcileSteps));
    }
    // One that can't be compared at present doesn't keep the others waiting.
    for (const id of this.#waiting.splice(0, this.#perStep)) this.#roster.reconcile(id).catch(() => {});
  }
}

const jittered = (interval: number): number => interval * (0.75 + Math.random() / 2);
