import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { guards } from './world.js';

const program = fileURLToPath(new URL('check.ts', import.meta.url));

async function check(...guard: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, ...guard]);
  return stdout;
}

test('100,000 schedules of faults end with the true count, no id created or destroyed twice', async () => {
  assert.equal(await check(), `passed ${process.env.SCHEDULES ?? 100_000} schedules\n`);
});

for (const guard of guards) {
  test(`the schedules notice when the guard "${guard}" is taken out`, async () => {
    assert.match(await check(guard), /^failed after/);
  });
}
