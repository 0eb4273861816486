import { RedisEngine, redisAddress } from '../../src/server/roster/redis/index.js';
import type { RosterChange } from '../../src/server/roster/index.js';
import { lease } from './bounds.js';

/** Hears of each change as it is published, and notes which is no step from the one before (invariant I2). */
export class ChangeAudit {
  /** What was wrong, in words. */
  readonly broken: string[] = [];
  /** How many changes were compared with the one before. */
  compared = 0;
  readonly #engine: RedisEngine;

  constructor(url: string) {
    this.#engine = new RedisEngine({ address: redisAddress(url), lease });
  }

  async watch(sessionIds: readonly string[]): Promise<void> {
    await this.#engine.open();
    for (const sessionId of sessionIds) {
      let last: RosterChange | undefined;
      this.#engine.watch(sessionId, (change) => {
        if (!this.#isStep(change, last)) {
          this.broken.push(`${sessionId}: ${JSON.stringify(change)} after ${JSON.stringify(last)}`);
        }
        last = change;
      });
    }
  }

  close(): void {
    this.#engine.close();
  }

  #isStep(change: RosterChange, last: RosterChange | undefined): boolean {
    const { epoch, from, seq, count, created, destroyed } = change;
    if (seq !== from + 1) return false;
    if (!last || epoch > last.epoch) return true;
    // What is published while this isn't connected is never heard of.
    if (epoch < last.epoch || from < last.seq) return false;
    if (from > last.seq) return true;
    this.compared++;
    const left = destroyed.reduce((sum, { connections }) => sum + connections.length, 0);
    return count === last.count + created.length - left;
  }
}
