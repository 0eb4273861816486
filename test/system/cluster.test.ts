import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, withoutRedis } from '../redis/redis-server.js';
import { withoutCaddy } from './caddy.js';
import { shows, Tabs, type Tab } from './tabs.js';

const script = fileURLToPath(new URL('../../deploy/cluster/start.mjs', import.meta.url));

/** Whether a process is there, that has not ended. */
const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

suite('npm run start:cluster', { skip: withoutRedis() || withoutCaddy(), timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'session-connection-count-'));
  const tabs = new Tabs();
  let cluster: ChildProcess;
  let url: string;
  let printed = '';
  let onPrinted = (): void => {};
  /** The process ids that were told of a program, the present one last. */
  const pidsOf = (name: string): number[] =>
    [...printed.matchAll(/kill -9 (\d+) +(.*)/g)]
      .filter((line) => line[2] === name)
      .map(([, pid]) => Number(pid));
  const untilPrinted = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((resolve) => (onPrinted = resolve));
  };

  before(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    cluster = spawn(process.execPath, [script], {
      cwd: folder,
      env: { ...process.env, PORT: `${port}`, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    cluster.stdout!.setEncoding('utf8').on('data', (part: string) => {
      printed += part;
      onPrinted();
    });
    const ended = once(cluster, 'exit').then(() => assert.fail(`It ended, and printed ${printed}`));
    await Promise.all([
      tabs.start(),
      Promise.race([untilPrinted(() => printed.includes(`Open ${url} `)), ended]),
    ]);
    ended.catch(() => {});
  });
  after(async () => {
    await tabs.stop();
    if (cluster.exitCode === null) {
      const ended = once(cluster, 'exit');
      cluster.kill();
      await ended;
    }
    rmSync(folder, { recursive: true });
  });

  const open: Tab[] = [];
  const allShow = (count: number): Promise<unknown> => Promise.all(open.map((tab) => shows(tab, count)));

  test('shows one number, which stays true, while each server is killed, and Redis', async () => {
    while (open.length < 3) open.push(await tabs.open(url));
    await allShow(3);
    for (const tab of open) {
      await tab.evaluate(() => {
        const changes: string[] = [];
        Object.assign(window, { changes });
        for (const type of ['session-count-change', 'session-state-change']) {
          document.querySelector('#hero')!.addEventListener(type, ({ target }) => {
            const { count, state } = target as HTMLElementTagNameMap['session-connection-count'];
            changes.push(`${count} ${state}`);
          });
        }
      });
    }
    for (const name of ['server 1', 'server 2', 'server 3', 'Redis']) {
      process.kill(pidsOf(name).at(-1)!, 'SIGKILL');
      await untilPrinted(() => pidsOf(name).length === 2);
      await allShow(3);
    }
    for (const tab of open) {
      const changes = await tab.evaluate(() => (window as unknown as { changes: string[] }).changes);
      // Each tab lost its server, and no number was another one.
      assert.deepEqual([...new Set(changes)].sort(), ['3 connected', '3 reconnecting']);
    }
    await open.pop()!.close();
    await allShow(2);
  });

  test('leaves no process and no file behind when it is interrupted', async () => {
    const pids = ['server 1', 'server 2', 'server 3', 'Redis', 'Caddy'].map((name) => pidsOf(name).at(-1)!);
    assert.ok(pids.every(lives));
    const ended = once(cluster, 'exit');
    cluster.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
    assert.deepEqual(pids.filter(lives), []);
    // The development key is for the next start.
    assert.deepEqual(readdirSync(folder), ['.session-connection-count.json']);
  });

  test('says why it can not start, and what to do', () => {
    const saidOf = (env: Record<string, string>): string => {
      const { status, stderr } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
      assert.equal(status, 1);
      return stderr;
    };
    assert.equal(
      saidOf({ PATH: '' }),
      'Not installed: caddy, redis-server. On Debian: apt-get install --no-install-recommends caddy redis-server\n',
    );
    const { host, port } = new URL(tabs.browser.wsEndpoint());
    assert.equal(
      saidOf({ PATH: process.env.PATH!, PORT: port }),
      `listen EADDRINUSE: address already in use ${host}: take another port with PORT\n`,
    );
  });
});
