import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const commandLine = fileURLToPath(new URL('../../dist/server/cli.js', import.meta.url));
const production = { API_KEY: '12345', API_SECRET: 'a secret for processes' };

const linesOf = (printed: string): Record<string, unknown>[] =>
  printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

suite('the log of the command serve', () => {
  const folder = mkdtempSync(join(tmpdir(), 'session-connection-count-'));
  after(() => rmSync(folder, { recursive: true }));

  const serve = (
    environment: Record<string, string>,
  ): ChildProcess & { printed: string; complained: string } => {
    const child = spawn(process.execPath, [commandLine, 'serve', '--port', '0'], {
      env: { ...process.env, API_KEY: '', API_SECRET: '', ...environment },
      cwd: folder,
    });
    const server = Object.assign(child, { printed: '', complained: '' });
    child.stdout.on('data', (part) => (server.printed += part));
    child.stderr.on('data', (part) => (server.complained += part));
    return server;
  };
  const end = async (server: ChildProcess): Promise<number> => {
    const closed = once(server, 'close');
    server.kill('SIGTERM');
    return (await closed)[0] as number;
  };
  test('is standard output in production, one JSON object a line, whole to the last', async () => {
    const server = serve({ ...production, LOG_LEVEL: 'debug' });
    const [first] = await once(createInterface(server.stdout!), 'line');
    const { url } = JSON.parse(first as string) as { url: string };
    await fetch(`${url}/healthz`);
    assert.equal(await end(server), 0);
    const lines = linesOf(server.printed);
    assert.deepEqual(
      lines.map(({ level, msg }) => `${level as string} ${msg as string}`),
      ['info Server started', 'debug HTTP request', 'info Server is stopping', 'info Server stopped'],
    );
    for (const { time } of lines) assert.equal(new Date(time as string).toISOString(), time);
    assert.equal(server.complained, '');
    assert.doesNotMatch(server.printed, new RegExp(production.API_SECRET));
  });

  test('stands beside the words for a newcomer in development, and holds problems in words', async () => {
    const server = serve({});
    await once(server.stdout!, 'data');
    const url = /http:\/\/[\d.:]+/.exec(server.printed)![0];
    // Ends an open socket of a page that may not connect, so that there is a problem to tell of.
    const { default: WebSocket } = await import('ws');
    await once(new WebSocket(`${url.replace('http', 'ws')}/v1/connect`), 'close');
    assert.equal(await end(server), 0);
    assert.match(server.printed, /^Session server for development at /);
    assert.doesNotMatch(server.printed, /Server stopped/);
    assert.match(
      server.complained,
      /^info: Server is stopping signal="SIGTERM"\nwarn: WebSockets were refused cause=".*" count=1 .*\ninfo: Server stopped\n$/,
    );
  });

  test('may be read by nobody', async () => {
    const server = serve({ ...production, LOG_LEVEL: 'debug' });
    const [first] = await once(createInterface(server.stdout!), 'line');
    server.stdout!.destroy();
    const { url } = JSON.parse(first as string) as { url: string };
    for (let asked = 0; asked < 5; asked++) assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.equal(await end(server), 0);
  });

  test('is silent where that is asked for', async () => {
    const server = serve({ LOG_LEVEL: 'silent' });
    await once(server.stdout!, 'data');
    await end(server);
    assert.equal(server.complained, '');
  });
});

suite('a log of lines of JSON', () => {
  const module = new URL('../../src/server/log/index.ts', import.meta.url).href;
  /** What a process prints that has a log and then ends in some way. */
  const printedBy = (ending: string): string => {
    const program = `import { jsonLog } from ${JSON.stringify(module)};
      const log = jsonLog('info', 1);
      log.info({ text: 'x'.repeat(50_000) }, 'first words');
      log.info({}, 'last words');
      ${ending}`;
    return spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
      encoding: 'utf8',
    }).stdout;
  };

  for (const [way, ending] of [
    ['a process that exits', 'process.exit(1)'],
    ['a process that fails', "throw new Error('for a test')"],
    [
      'a process that is killed when the log was flushed',
      "log.flush(() => process.kill(process.pid, 'SIGKILL'))",
    ],
  ] as const) {
    test(`holds the last words of ${way}`, () => {
      // What is being written when it ends may come after what is written then.
      const words = linesOf(printedBy(ending)).map(({ msg }) => msg);
      assert.deepEqual(words.sort(), ['first words', 'last words']);
    });
  }
});
