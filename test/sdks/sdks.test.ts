import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { testAdapter } from '../adapters/contract.js';
import type { Drive } from '../adapters/platform.js';
import { platforms } from '../adapters/platforms/index.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const run = promisify(execFile);

// What is tested here is loaded from what this installs.
await run('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'], {
  cwd: here,
});

test('the objects of the platforms have the types that the adapters take', async () => {
  const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
  const { stdout } = await run(process.execPath, [compiler, '-p', here]).catch(
    (error: { stdout: string }) => error,
  );
  assert.equal(stdout, '');
});

for (const platform of platforms) {
  for (const tested of platform.tested) {
    if (!('sdk' in tested)) continue;
    testAdapter(platform, tested.against, (await import(`./${tested.sdk}.js`)) as Drive);
  }
}
