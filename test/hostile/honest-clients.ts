import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { answerOf, start } from './measured-server.js';

/** What honest clients had to wait, in ms, as medians. */
export interface Latency {
  /** From opening a socket to being joined. */
  readonly join: number;
  /** From opening a socket until another client was told of it. */
  readonly change: number;
  /** How many connections their session had at the end: one, the witness. */
  readonly count: number;
}

const rounds = 10;
/** How much longer honest clients may have to wait during an attack. The test's own work takes processors too. */
const mostSlower = 5;

/** Clients that do all as they should, in a process of their own. */
export class HonestClients {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** @param url Where the server is. */
  static async start(url: string): Promise<HonestClients> {
    const { child } = await start('honest-clients-process.ts', url);
    return new HonestClients(child);
  }

  /** Joins and leaves some times, and measures what that takes. */
  async measure(): Promise<Latency> {
    this.#process.send(rounds);
    const latency = (await answerOf(this.#process)) as Latency;
    assert.equal(latency.count, 1, 'honest clients see a wrong count');
    return latency;
  }

  /** Measures while something is done over and over, or after it was done once, and compares with before. */
  async assertServed(attack: () => Promise<unknown>, { once = false } = {}): Promise<void> {
    const before = await this.measure();
    let measured = once;
    const attacked = (async () => {
      do await attack();
      while (!measured);
    })();
    if (once) await attacked;
    const during = await this.measure().finally(() => (measured = true));
    await attacked;
    for (const what of ['join', 'change'] as const) {
      assert.ok(
        during[what] <= mostSlower * before[what],
        `${what}: ${during[what].toFixed(1)} ms, without the attack ${before[what].toFixed(1)} ms`,
      );
    }
  }

  stop(): void {
    this.#process.disconnect();
  }
}
