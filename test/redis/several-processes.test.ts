import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { project, ServerProcess } from '../system/server-process.js';
import { Witness } from '../system/witness.js';
import { join } from './member.js';
import { RedisServer, withoutRedis } from './redis-server.js';

suite('several processes on one Redis', { skip: withoutRedis() }, () => {
  const redis = new RedisServer();
  let servers: ServerProcess[];
  let witnesses: Witness[];
  before(async () => {
    await redis.start();
    servers = [1, 2].map(() => new ServerProcess({ ...project, REDIS_URL: redis.url }));
    await Promise.all(servers.map((server) => server.start()));
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    await redis.remove();
  });

  let session: string;
  let first: string;
  let sessions = 0;
  beforeEach(async () => {
    session = `session ${++sessions}`;
    // Changes are told to who has a list already, which begins with the first connection of all.
    first = await join(servers[0]!, session);
    witnesses = await Promise.all(servers.map((server) => new Witness().watch(server, session)));
  });
  const all = (check: (witness: Witness) => boolean): Promise<unknown> =>
    Promise.all(witnesses.map((witness) => witness.until(() => check(witness))));
  const joinEach = (count: number): Promise<string[][]> =>
    Promise.all(
      servers.map((server) => Promise.all(Array.from({ length: count }, () => join(server, session)))),
    );
  const happened = (witness: Witness, what: 'created' | 'destroyed'): string[] =>
    witness.events.flatMap((event) => event[what] ?? []).sort();

  test('count who is connected to any of them', async () => {
    const ids = (await joinEach(20)).flat().sort();
    await all(({ present }) => present.size === 41);
    for (const witness of witnesses) {
      assert.deepEqual([...witness.present].sort(), [first, ...ids].sort());
      assert.deepEqual(happened(witness, 'created'), ids);
      witness.close();
    }
  });

  test('tell once of each connection of one that died, and of no other', async () => {
    const [mine, lost] = (await joinEach(20)) as [string[], string[]];
    const [witness] = witnesses as [Witness];
    await all(({ present }) => present.size === 41);
    await servers[1]!.stop('SIGKILL');
    await witness.until(() => witness.present.size <= 21);
    assert.deepEqual([...witness.present].sort(), [first, ...mine].sort());
    assert.deepEqual(happened(witness, 'destroyed'), lost.sort());
    const reasons = new Set(witness.events.flatMap(({ reason }) => reason ?? []));
    assert.deepEqual([...reasons], ['networkDisconnected']);
    witness.close();
    await servers[1]!.start();
  });

  test('hear at once of one that is stopped', async () => {
    const [, lost] = (await joinEach(5)) as [string[], string[]];
    const [witness] = witnesses as [Witness];
    await all(({ present }) => present.size === 11);
    await servers[1]!.stop('SIGTERM');
    await witness.until(() => witness.present.size === 6);
    assert.deepEqual(happened(witness, 'destroyed'), lost.sort());
    witness.close();
    await servers[1]!.start();
  });

  test('have everyone again after the Redis lost everything', async () => {
    const ids = (await joinEach(20)).flat().sort();
    await all(({ present }) => present.size === 41);
    await redis.stop('SIGKILL');
    await redis.start();
    const later = (await joinEach(1)).flat();
    await all(({ present }) => present.size === 43 && later.every((id) => present.has(id)));
    for (const witness of witnesses) {
      assert.deepEqual([...witness.present].sort(), [first, ...ids, ...later].sort());
      assert.deepEqual(happened(witness, 'destroyed'), []);
      witness.close();
    }
  });
});
