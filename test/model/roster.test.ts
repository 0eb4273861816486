import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { guards } from './world.js';

const program = fileURLToPath(new URL('check.ts', import.meta.url));

async function check(settings: Record<string, string>, ...guard: string[]): Promise<string> {
  const args = ['--import', 'tsx', program, ...guard];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, ...settings },
  });
  return stdout;
}

const schedules = Number(process.env.SCHEDULES ?? 100_000);
const seed = Number(process.env.SEED ?? 20_261_123);

test(`${schedules} schedules of faults end with the true count, no id created or destroyed twice`, async () => {
  // In two processes, since each takes a core.
  const half = String(Math.ceil(schedules / 2));
  const halves = [seed, seed + 1].map((seed) => check({ SCHEDULES: half, SEED: String(seed) }));
  assert.deepEqual(await Promise.all(halves), Array(2).fill(`passed ${half} schedules\n`));
});

for (const guard of guards) {
  test(`the schedules notice when the guard "${guard}" is taken out`, async () => {
    assert.match(await check({}, guard), /^failed after/);
  });
}
