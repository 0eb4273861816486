import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const commandLine = fileURLToPath(new URL('../../dist/server/cli.js', import.meta.url));

/** Allocates as a storm of joins does, when told to, and answers with the size of the young generation in bytes. */
const allocator = `
import { getHeapSpaceStatistics } from 'node:v8';
process.on('message', () => {
  const kept = Array.from({ length: 500_000 }, (_, index) => ({ index }));
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  process.send({ kept: kept.length, size: young.space_size });
});`;

/** How large the young generation of the command `serve` becomes, in bytes. */
async function grown(...flags: string[]): Promise<number> {
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(allocator)}`];
  const server = spawn(process.execPath, [...flags, ...preload, commandLine, 'serve', '--port', '0'], {
    env: { ...process.env, API_KEY: '12345', API_SECRET: 'a secret for processes' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  try {
    await once(server.stdout!, 'data');
    server.send('allocate');
    const [{ size }] = (await once(server, 'message')) as [{ size: number }];
    return size;
  } finally {
    const closed = once(server, 'close');
    server.kill('SIGKILL');
    await closed;
  }
}

suite('the young generation of the command serve', () => {
  test('stays small, whatever is allocated', async () => {
    assert.ok((await grown()) <= 8 * 2 ** 20);
  });

  test('grows to what Node was told', async () => {
    assert.ok((await grown('--max-semi-space-size=16')) > 8 * 2 ** 20);
  });
});
