import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { after, suite, test, type TestContext } from 'node:test';
import { certificate, privateKey } from '../server/localhost-certificate.js';
import { project, ServerProcess } from '../system/server-process.js';
import { Witness } from '../system/witness.js';
import { join } from './member.js';
import { RedisServer, withoutRedis } from './redis-server.js';

const folder = mkdtempSync(pathOf(tmpdir(), 'redis-access-'));
after(() => rmSync(folder, { recursive: true }));
const [certificateFile, keyFile] = [pathOf(folder, 'certificate.pem'), pathOf(folder, 'key.pem')];
writeFileSync(certificateFile, certificate);
writeFileSync(keyFile, privateKey);

const password = 'p@ss:w/rd?#%';
/** What deploy/cluster/redis.conf says of users. */
const users = readFileSync(new URL('../../deploy/cluster/redis.conf', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('user '))
  .join('\n')
  .replace('PASSWORD', password);

interface Access {
  readonly configuration?: (port: number) => string;
  readonly args?: readonly string[];
  readonly url: (port: number) => string;
  readonly settings?: Record<string, string>;
}

/** Lets two processes count through a Redis. */
async function count(t: TestContext, { args = [], configuration, url, settings }: Access): Promise<void> {
  const redis = new RedisServer(args, configuration);
  t.after(() => redis.remove());
  await redis.start();
  const servers = [1, 2].map(
    () => new ServerProcess({ ...project, ...settings, REDIS_URL: url(redis.port) }),
  );
  t.after(() => Promise.all(servers.map((server) => server.stop('SIGKILL'))));
  await Promise.all(servers.map((server) => server.start()));
  const first = await join(servers[0]!, 'lobby');
  const witness = await new Witness().watch(servers[0]!);
  t.after(() => witness.close());
  const second = await join(servers[1]!, 'lobby');
  await witness.until(() => witness.present.size === 2);
  assert.deepEqual([...witness.present].sort(), [first, second].sort());
}

suite('processes that share a Redis', { skip: withoutRedis(), concurrency: true, timeout: 60_000 }, () => {
  const tls: Access = {
    args: ['--port', '0'],
    configuration: (port) =>
      [`tls-port ${port}`, `tls-cert-file ${certificateFile}`, `tls-key-file ${keyFile}`]
        .concat(`tls-ca-cert-file ${certificateFile}`, 'tls-auth-clients no')
        .join('\n'),
    url: (port) => `rediss://localhost:${port}`,
  };

  test('by TLS whose certificate an own authority vouches for', async (t) => {
    await count(t, { ...tls, settings: { NODE_EXTRA_CA_CERTS: certificateFile } });
  });

  test('by TLS do not begin where nobody vouches for the certificate', async (t) => {
    await assert.rejects(count(t, tls), /ended before it was ready/);
  });

  test('that wants a password', async (t) => {
    await count(t, {
      configuration: () => `requirepass "${password}"`,
      url: (port) => `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    });
  });

  test('as the user that operators are advised to make', async (t) => {
    await count(t, {
      configuration: () => users,
      url: (port) => `redis://session-connection-count:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    });
  });
});
