import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../redis/redis-server.js';
import { project } from './server-process.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): string => readFileSync(join(root, 'deploy', name), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'session-connection-count-'));
after(() => rmSync(folder, { recursive: true }));

suite('the image of deploy/Dockerfile', () => {
  // One instruction a line, and the stage that becomes the image.
  const lines = read('Dockerfile').replaceAll('\\\n', '').split('\n');
  const image = lines.slice(lines.lastIndexOf('FROM node:22-slim'));
  const commandOf = (instruction: RegExp): string[] =>
    JSON.parse(image.map((line) => instruction.exec(line)?.[1]).find(Boolean)!) as string[];
  const run = ([program, ...args]: string[]): [string, string[]] => [
    program === 'node' ? process.execPath : program!,
    args,
  ];

  test('is made by commands that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const commands = lines.flatMap((line) => /^RUN (.*)/.exec(line)?.[1] ?? []);
    assert.deepEqual(commands, ['npm ci', 'npm run build']);
    assert.ok('build' in scripts);
  });

  test('holds all that its server needs, runs as nobody of power, and knows whether it is well', async () => {
    assert.ok(image.includes('USER node'));
    for (const line of image) {
      const [, sources, target] = /^COPY --from=build (.+) (\S+)$/.exec(line) ?? [];
      for (const source of sources?.split(' ') ?? []) {
        const place = join(folder, target!, target!.endsWith('/') ? basename(source) : '');
        mkdirSync(dirname(place), { recursive: true });
        cpSync(source.replace('/build', root), place, { recursive: true });
      }
    }
    const port = String(await freePort());
    // The image's HOST is every address: here it is this computer's alone.
    const env = { PATH: process.env.PATH, ...project, HOST: '127.0.0.1', PORT: port };
    const server = spawn(...run(commandOf(/^CMD (.*)/)), { cwd: folder, env });
    const closed = once(server, 'close');
    const isWell = (): number | null =>
      spawnSync(...run(commandOf(/^HEALTHCHECK .*CMD (.*)/)), { env }).status;
    try {
      await Promise.race([once(createInterface(server.stdout), 'line'), closed]);
      assert.equal(server.exitCode, null);
      assert.equal(isWell(), 0);
      assert.equal((await fetch(`http://127.0.0.1:${port}/session-connection-count.js`)).status, 200);
    } finally {
      server.kill('SIGTERM');
    }
    assert.equal((await closed)[0], 0);
    assert.equal(isWell(), 1);
  });
});

const without =
  spawnSync('systemd-analyze', ['--version']).status === 0 ? false : 'systemd-analyze is not installed';

test('the systemd unit is one that systemd understands, and gives little away', { skip: without }, () => {
  const file = join(folder, 'session-connection-count.service');
  writeFileSync(file, read('session-connection-count.service').replace('/usr/bin/node', process.execPath));
  const analyze = (...args: string[]) => spawnSync('systemd-analyze', [...args, file], { encoding: 'utf8' });
  const verified = analyze('verify');
  assert.deepEqual([verified.status, verified.stderr], [0, '']);
  // Of 100; a service without any of it has 96.
  const rated = analyze('security', '--offline=true', '--threshold=20', '--no-pager');
  assert.equal(rated.status, 0, rated.stdout.split('\n').slice(-3).join('\n'));
});
