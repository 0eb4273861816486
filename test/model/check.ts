/**
 * Runs schedules against the model: `node --import tsx test/model/check.ts [guard to take out]`, with SCHEDULES and
 * SEED in the environment. A program of its own because node:test watches every promise, which makes
 * millions of them ten times as slow.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { World, type Guard } from './world.js';

const schedule = fc.tuple(
  fc.nat(2 ** 32 - 1),
  fc.array(fc.nat(2 ** 16 - 1), { minLength: 8, maxLength: 40, size: 'max' }),
);
const without = process.argv[2] as Guard | undefined;
const details = await fc.check(
  fc.asyncProperty(schedule, async ([seed, steps]) => {
    const world = new World(seed, without);
    for (const choice of steps) await world.step(choice);
    await world.rest();
    assert.deepEqual(world.verdict(), []);
  }),
  {
    numRuns: Number(process.env.SCHEDULES ?? 100_000),
    seed: Number(process.env.SEED ?? 20_261_123),
    // What fails without a guard needs no smallest example.
    endOnFailure: without !== undefined,
  },
);
console.log(
  details.failed
    ? `failed after ${details.numRuns} schedules\n${await fc.asyncDefaultReportMessage(details)}`
    : `passed ${details.numRuns} schedules`,
);
