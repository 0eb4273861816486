/**
 * Lets clients come and go on three processes and a Redis, while something goes wrong every 20 s: `npm run soak`, for ten
 * minutes, or `SECONDS=3600 SEED=1 npm run soak`. Fails where anybody shows, or was told, what isn't so.
 */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Random } from '../fuzz/random.js';
import { RedisServer } from '../redis/redis-server.js';
import { audit } from './audit.js';
import { ChangeAudit } from './change-audit.js';
import { Client } from './client.js';
import { Fleet } from './fleet.js';
import type { ObservedSession, Participant } from './observed-session.js';
import { faults } from './soak-faults.js';

/** What {@link soak} takes. */
export interface SoakOptions {
  readonly seconds: number;
  /** The same seed makes the same faults, in the same order. */
  readonly seed: number;
}

/** From the beginning of a fault to that of the next, in ms. */
const rhythm = 20_000;
/** How long it may take, in ms, until all are back: a client that failed often waits for up to 20 s. */
const patience = 60_000;
/** How many clients there are in each session, more or less. */
const usual = 15;

/** Clients of one session that come and go. */
class Churn {
  readonly #fleet: Fleet;
  readonly #session: ObservedSession;
  readonly #random: Random;
  readonly #present = new Set<Participant>();
  readonly #joining = new Set<Promise<unknown>>();
  #comings = 0;

  constructor(fleet: Fleet, session: ObservedSession, random: Random) {
    this.#fleet = fleet;
    this.#session = session;
    this.#random = random;
  }

  get comings(): number {
    return this.#comings;
  }

  /** Lets one come or go. */
  step(): void {
    if (this.#random.chance(this.#present.size / (2 * usual))) {
      const client = this.#random.pick([...this.#present]);
      this.#present.delete(client);
      client.leave();
      return;
    }
    this.#comings++;
    const server = this.#random.pick(this.#fleet.servers);
    const entering = this.#random.chance(0.3) ? this.#session.join(server) : this.#fleet.enter(this.#session);
    const joining = entering
      .then((participant) => this.#present.add(participant))
      // Who has one way in alone has none where its process is away.
      .catch(() => {})
      .finally(() => this.#joining.delete(joining));
    this.#joining.add(joining);
  }

  /** Resolves when everybody is joined who is to be there, and every observer shows them. */
  async rest(): Promise<number> {
    const began = performance.now();
    await Promise.all(this.#joining);
    // The others don't come back.
    const clients = [...this.#present].filter((each) => each instanceof Client);
    const areBack = (): boolean => clients.every(({ connectionId }) => connectionId);
    await this.#session.until(areBack, patience, 'all clients are back');
    await this.#session.truth(patience);
    return performance.now() - began;
  }
}

/**
 * Rejects where something is not as it has to be.
 *
 * @param tell Hears of what goes wrong, in a line.
 */
export async function soak({ seconds, seed }: SoakOptions, tell: (line: string) => void): Promise<void> {
  const random = new Random(seed);
  const redis = await new RedisServer().start();
  const fleet = new Fleet({ size: 3, redis: redis.url });
  const changes = new ChangeAudit(redis.url);
  const end = performance.now() + seconds * 1000;
  const passed = (): string => `${((performance.now() + seconds * 1000 - end) / 1000).toFixed(1)} s`;
  let isChurning = true;
  try {
    await fleet.start();
    const names = ['soak 1', 'soak 2'];
    await changes.watch(names);
    const sessions = await Promise.all(names.map((name) => fleet.observe(name)));
    // Its own numbers, so that the faults don't depend on how often it is its turn.
    const others = new Random(random.below(2 ** 32));
    const churns = sessions.map((session) => new Churn(fleet, session, others));
    let pause = Promise.resolve();
    const churning = (async () => {
      for (; isChurning; await wait(50 + others.below(200))) {
        await pause;
        others.pick(churns).step();
      }
    })();
    while (performance.now() < end) {
      const next = performance.now() + rhythm;
      const [name, fault] = random.pick(Object.entries(faults));
      const server = random.pick(fleet.servers);
      // Some come and go before it, and after.
      await wait(2_000);
      tell(`${passed()}: ${name} (${fleet.servers.indexOf(server) + 1})`);
      await fault({ server, redis, random });
      await wait(1_000);
      let goOn = (): void => {};
      pause = new Promise((resolve) => (goOn = resolve));
      const took = await Promise.all(churns.map((churn) => churn.rest()));
      audit([redis]);
      assert.deepEqual(changes.broken, [], 'I2: each change is a step from the one before');
      tell(`${passed()}: true again, ${Math.round(Math.max(...took))} ms after the last came or left`);
      goOn();
      await wait(Math.max(0, Math.min(next, end) - performance.now()));
    }
    isChurning = false;
    await churning;
    for (const session of sessions) {
      session.leave();
      await session.truth(patience);
      session.assertOnce();
    }
    assert.equal(audit([redis]), 0);
    const comings = churns.reduce((sum, churn) => sum + churn.comings, 0);
    tell(`${passed()}: ${comings} came and left, ${changes.compared} changes were steps`);
    assert.ok(changes.compared > comings / 2, 'too few changes were heard of');
  } finally {
    isChurning = false;
    changes.close();
    await fleet.stop();
    await redis.remove();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);
  console.log(`seed ${seed}`);
  await soak({ seconds: Number(process.env.SECONDS ?? 600), seed }, console.log);
}
