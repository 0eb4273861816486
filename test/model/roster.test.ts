import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { guards, World, type Guard } from './world.js';

const schedule = fc.tuple(
  fc.nat(2 ** 32 - 1),
  fc.array(fc.nat(2 ** 16 - 1), { minLength: 8, maxLength: 40, size: 'max' }),
);

async function run([seed, steps]: readonly [number, readonly number[]], without?: Guard): Promise<string[]> {
  const world = new World(seed, without);
  for (const choice of steps) await world.step(choice);
  await world.rest();
  return world.verdict();
}

const schedules = Number(process.env.SCHEDULES ?? 100_000);
const seed = Number(process.env.SEED ?? 20_261_123);

test(`${schedules} schedules of faults end with the true count, each id created and destroyed once`, async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async (drawn) => assert.deepEqual(await run(drawn), [])),
    { numRuns: schedules, seed },
  );
});

for (const guard of guards) {
  test(`the schedules notice when the guard "${guard}" is missing`, async () => {
    const result = await fc.check(
      fc.asyncProperty(schedule, async (drawn) => assert.deepEqual(await run(drawn, guard), [])),
      { numRuns: schedules, seed, endOnFailure: true },
    );
    assert.ok(result.failed, 'no schedule failed');
    console.log(`without "${guard}": failed after ${result.numRuns} schedules`);
  });
}
