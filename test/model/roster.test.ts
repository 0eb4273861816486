import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { guards } from './world.js';

const run = promisify(execFile);
const project = fileURLToPath(new URL('../..', import.meta.url));
/** Where the compiled program finds what is installed. */
const folder = mkdtempSync(join(project, 'node_modules/.model-'));
after(() => rmSync(folder, { recursive: true }));

// What tsx makes of it takes half as long again.
const compiler = join(project, 'node_modules/typescript/bin/tsc');
const settings = ['--noCheck', '--target', 'es2022', '--module', 'nodenext', '--rootDir', '.'];
const program = [...settings, '--outDir', folder, 'test/model/check.ts'];
await run(process.execPath, [compiler, '--ignoreConfig', ...program], { cwd: project });

async function check(environment: Record<string, string>, ...guard: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(folder, 'test/model/check.js'), ...guard], {
    env: { ...process.env, ...environment },
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
