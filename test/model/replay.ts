/**
 * Runs schedules against the model and then asks a real Redis all that its engine was asked, in the same order: each
 * answer and each change has to be the same. `node --import tsx test/model/replay.ts <port>`, with SCHEDULES and SEED in
 * the environment. A program of its own for the same reason as check.ts.
 *
 * The time of the model isn't that of Redis: before each look for the dead, the leases that are over in the model are
 * set so that they are over in Redis. Not covered: what happens between the steps of one request, as between entering
 * a session and writing to it; that two requests overtake each other on the way; and connections that break.
 */
import assert from 'node:assert/strict';
import { createClient } from '@redis/client';
import type { RosterBatch, RosterChange, RosterState } from '../../src/server/roster/roster-engine.js';
import { RedisEngine, redisAddress } from '../../src/server/roster/redis/index.js';
import { lease, numbers, sessionId, World, type Entry } from './world.js';

const url = `redis://127.0.0.1:${process.argv[2]}`;
const schedules = Number(process.env.SCHEDULES ?? 300);
const random = numbers(Number(process.env.SEED ?? 20_261_123));
/** How many schedules are replayed at a time, each with keys of its own. */
const lanes = 8;

const redis = createClient({ url });
await redis.connect();

/** Plays a schedule on the model, and gives what its engine was asked. */
async function play(): Promise<readonly Entry[]> {
  const journal: Entry[] = [];
  const world = new World(random(2 ** 32), undefined, journal);
  for (let left = 8 + random(33); left > 0; left--) await world.step(random(2 ** 16));
  await world.rest();
  assert.deepEqual(world.verdict(), []);
  return journal;
}

/** Two processes on a real Redis that do what the model's processes did. */
class Replay {
  readonly #prefix: string;
  readonly #engines: readonly RedisEngine[];
  /** Redis' epochs by the model's. */
  #epochs = new Map<number, number>([[0, 0]]);
  #leases = new Map<string, number>();
  #heard: RosterChange[] = [];
  #expected: RosterChange[] = [];
  #hearMark = (): void => {};
  #turn = 0;

  constructor(lane: number) {
    this.#prefix = `lane ${lane}:`;
    const options = { address: redisAddress(url), lease: 3_600_000, prefix: this.#prefix };
    this.#engines = [new RedisEngine(options), new RedisEngine(options)];
  }

  async open(): Promise<void> {
    for (const engine of this.#engines) await engine.open();
    this.#engines[0]!.watch(sessionId, (change) => {
      if (change.created[0]?.connectionId === 'mark') this.#hearMark();
      else this.#heard.push(change);
    });
    await this.#engines[0]!.read(sessionId);
  }

  close(): void {
    for (const engine of this.#engines) engine.close();
  }

  async run(journal: readonly Entry[]): Promise<void> {
    await this.#wipe();
    this.#epochs = new Map([[0, 0]]);
    [this.#heard, this.#expected] = [[], []];
    for (const entry of journal) await this.#ask(entry);
    await this.#hearAll();
    // Epochs are known in the order in which they were made.
    const known = [...this.#epochs.values()];
    assert.deepEqual(
      known,
      [...known].sort((a, b) => a - b),
    );
    assert.deepEqual(
      this.#heard.map(plain),
      this.#expected.map((change) => plain(this.#translate(change))),
    );
  }

  async #ask(entry: Entry): Promise<void> {
    // Any process may ask.
    const engine = this.#engines[this.#turn++ % 2]!;
    switch (entry.asked) {
      case 'renew': {
        const answer = await entry.answer;
        if (answer !== 'fenced') this.#leases.set(entry.incarnation, entry.at + lease);
        return assert.equal(await this.#engineOf(entry.incarnation).renew(entry.incarnation), answer);
      }
      case 'apply': {
        const { batch } = entry;
        const answer = await entry.answer;
        const { incarnation, created } = batch;
        if (answer && created.length && !this.#leases.has(incarnation)) {
          this.#leases.set(incarnation, entry.at + lease);
        }
        const seen = { ...batch.seen, epoch: this.#epochs.get(batch.seen.epoch)! };
        return this.#compare(batch, await this.#engineOf(incarnation).apply({ ...batch, seen }), answer);
      }
      case 'list': {
        const [expected, found] = [await entry.answer, await engine.list(sessionId)];
        const ids = ({ connections }: typeof found): string[] =>
          connections.map(({ connectionId }) => connectionId).sort();
        assert.deepEqual(ids(found), ids(expected));
        return;
      }
      case 'change': {
        this.#expected.push(entry.answer);
        return;
      }
      case 'reap': {
        const over = [...this.#leases].filter(([, until]) => until <= entry.at);
        // One after the other, since Redis has no order among those who died at the same time.
        for (const [incarnation] of over) {
          this.#leases.delete(incarnation);
          await redis.zAdd(`${this.#prefix}{processes}:leases`, { value: incarnation, score: 1 });
          await engine.reap();
        }
        return engine.reap();
      }
      case 'wipe':
        return this.#wipe();
    }
  }

  #compare(batch: RosterBatch, found: RosterState | undefined, expected: RosterState | undefined): void {
    // Whoever is fenced hears of it when it has something to say.
    if (!expected && !batch.created.length) return;
    if (expected && found && !this.#epochs.has(expected.epoch)) this.#epochs.set(expected.epoch, found.epoch);
    assert.deepEqual(found, expected && this.#translate(expected));
  }

  #translate<State extends RosterState>(state: State): State {
    return { ...state, epoch: this.#epochs.get(state.epoch)! };
  }

  /** Each incarnation is one process's. */
  #engineOf(incarnation: string): RedisEngine {
    return this.#engines[incarnation.charCodeAt(0) % 2]!;
  }

  async #wipe(): Promise<void> {
    this.#leases.clear();
    const everything = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end";
    await redis.eval(everything, { arguments: [`${this.#prefix}*`] });
    // What is lost and what is made anew are never of the same millisecond.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /** Resolves when all changes were heard: the last is one that this makes. */
  async #hearAll(): Promise<void> {
    const marked = new Promise<void>((resolve) => (this.#hearMark = resolve));
    const mark = { connectionId: 'mark', creationTime: 0, data: '' };
    await this.#engines[1]!.apply({
      sessionId,
      incarnation: 'marker',
      number: 1,
      created: [mark],
      destroyed: [],
      whole: true,
      seen: { epoch: 0, seq: 0 },
    });
    await marked;
  }
}

/** A change without the order in which connections are named. */
const plain = ({ created, destroyed, ...state }: RosterChange): unknown => ({
  ...state,
  created: created.map(({ connectionId }) => connectionId).sort(),
  destroyed: destroyed
    .map(({ reason, connections }) => ({ reason, connections: [...connections].sort() }))
    .sort((a, b) => (a.reason < b.reason ? -1 : 1)),
});

let played = 0;
let asked = 0;
await Promise.all(
  Array.from({ length: lanes }, async (_, lane) => {
    const replay = new Replay(lane);
    await replay.open();
    while (played < schedules) {
      played++;
      const journal = await play();
      asked += journal.length;
      await replay.run(journal);
    }
    replay.close();
  }),
);
redis.destroy();
console.log(`replayed ${played} schedules`);
if (process.env.VERBOSE) console.log(`${asked} requests`);
