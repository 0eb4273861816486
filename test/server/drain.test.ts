import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import { drain, type DrainedClient, type DrainedIntake } from '../../src/server/drain.js';
import { ManualClock } from './manual-clock.js';

/** Clients that go when they were asked for so many times. */
class ScriptedIntake implements DrainedIntake {
  /** When somebody was asked, and who. */
  readonly asked: { at: number; who: number }[] = [];
  taking = true;
  readonly #clock: ManualClock;
  readonly #stubbornness: (who: number) => number;
  readonly #here = new Map<number, DrainedClient>();
  #emptied = (): void => {};

  constructor(clock: ManualClock, size: number, stubbornness: (who: number) => number = () => 1) {
    this.#clock = clock;
    this.#stubbornness = stubbornness;
    for (let who = 0; who < size; who++) this.add(who);
  }

  get size(): number {
    return this.#here.size;
  }

  add(who: number): void {
    let left = this.#stubbornness(who);
    const handOver = (): void => {
      if (!this.#here.has(who)) return;
      this.asked.push({ at: this.#clock.now(), who });
      if (!--left) this.leave(who);
    };
    this.#here.set(who, { handOver });
  }

  leave(who: number): void {
    this.#here.delete(who);
    if (!this.#here.size) this.#emptied();
  }

  [Symbol.iterator](): Iterator<DrainedClient> {
    return this.#here.values();
  }

  stopTaking(): void {
    this.taking = false;
  }

  readonly empty = (): Promise<void> => {
    return this.#here.size ? new Promise((resolve) => (this.#emptied = resolve)) : Promise.resolve();
  };
}

suite('a process that drains', () => {
  let clock: ManualClock;
  let began: number;
  let ended: boolean;
  const timeout = 25_000;
  beforeEach(() => {
    clock = new ManualClock();
    began = clock.now();
    ended = false;
  });
  const start = (intake: ScriptedIntake, options: { timeout?: number; hurry?: AbortSignal } = {}): void =>
    void drain({ intake, empty: intake.empty, clock, timeout, ...options }).then(() => (ended = true));
  /** How many were asked in each second, from the first to the last that there were any. */
  const perSecond = ({ asked }: ScriptedIntake): number[] => {
    const first = asked[0]!.at;
    const counts: number[] = [];
    for (const { at } of asked) {
      const second = Math.max(0, Math.ceil((at - first) / 1000) - 1);
      counts[second] = (counts[second] ?? 0) + 1;
    }
    return counts;
  };
  const near = (counts: number[], expected: number[]): void => {
    assert.equal(counts.length, expected.length, `in ${counts.length} seconds: ${counts.join(' ')}`);
    for (const [second, count] of counts.entries()) {
      assert.ok(Math.abs(count - expected[second]!) <= expected[second]! / 50, `${counts.join(' ')}`);
    }
  };

  test('takes new clients for 2 s, in which it asks nobody to go', async () => {
    const intake = new ScriptedIntake(clock, 3);
    start(intake);
    await clock.advance(1_990);
    assert.equal(intake.taking, true);
    intake.add(3);
    await clock.advance(10);
    assert.equal(intake.taking, false);
    assert.deepEqual(
      intake.asked.map(({ at }) => at - began),
      [2_000],
    );
    await clock.advance(5_000);
    assert.deepEqual(
      intake.asked.map(({ who }) => who),
      [0, 1, 2, 3],
    );
  });

  test('asks few clients evenly over 5 s, and is done when the last has gone', async () => {
    const intake = new ScriptedIntake(clock, 1_000);
    start(intake);
    await clock.advance(6_980);
    assert.equal(ended, false);
    await clock.advance(20);
    assert.equal(ended, true);
    near(perSecond(intake), [200, 200, 200, 200, 200]);
    assert.deepEqual(clock.due, [], 'it left something scheduled');
  });

  test('asks many at 500 a second', async () => {
    const intake = new ScriptedIntake(clock, 4_000);
    start(intake);
    await clock.advance(10_000);
    assert.equal(ended, true);
    near(perSecond(intake), Array<number>(8).fill(500));
  });

  test('asks more at once where there are too many for the time that it has', async () => {
    const intake = new ScriptedIntake(clock, 36_800);
    start(intake);
    await clock.advance(2_000 + 18_400);
    assert.equal(ended, true);
    const counts = perSecond(intake);
    near(counts.slice(0, 18), Array<number>(18).fill(2_000));
  });

  test('asks whoever is still there again, after as long as asking all took', async () => {
    const intake = new ScriptedIntake(clock, 100, (who) => (who === 40 ? 3 : 1));
    start(intake);
    await clock.advance(timeout);
    const times = intake.asked.filter(({ who }) => who === 40).map(({ at }) => at - began);
    assert.deepEqual(times, [4_000, 9_000, 14_000]);
    assert.equal(intake.asked.length, 102);
    assert.equal(ended, true);
  });

  test('has enough of those who stay when the time is up', async () => {
    const intake = new ScriptedIntake(clock, 2, () => Infinity);
    start(intake);
    await clock.advance(timeout - 1);
    assert.equal(ended, false);
    await clock.advance(1);
    assert.equal(ended, true);
    assert.equal(intake.size, 2);
    assert.deepEqual(clock.due, [], 'it left something scheduled');
  });

  test('keeps to a short time in all that it does', async () => {
    const intake = new ScriptedIntake(clock, 100);
    start(intake, { timeout: 1_000 });
    await clock.advance(250);
    assert.equal(intake.taking, false);
    await clock.advance(600);
    assert.equal(ended, true);
  });

  test('is done at once where nobody is, and where it is told to hurry', async () => {
    start(new ScriptedIntake(clock, 0));
    await clock.advance(0);
    assert.equal(ended, true);

    for (const time of [0, 1_000, 4_000]) {
      ended = false;
      const hurry = new AbortController();
      start(new ScriptedIntake(clock, 1_000), { hurry: hurry.signal });
      await clock.advance(time);
      assert.equal(ended, false);
      hurry.abort();
      await clock.advance(0);
      assert.equal(ended, true);
      assert.deepEqual(clock.due, [], 'it left something scheduled');
    }
  });

  test('is done when the last leaves by itself', async () => {
    const intake = new ScriptedIntake(clock, 1, () => Infinity);
    start(intake);
    await clock.advance(500);
    intake.leave(0);
    await clock.advance(0);
    assert.equal(ended, true);
    assert.deepEqual(intake.asked, []);
  });
});
