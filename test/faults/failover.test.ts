import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { Keys, tagOf } from '../../src/server/roster/redis/keys.js';
import { SentinelGroup } from '../redis/redis-group.js';
import { RedisServer, withoutRedis } from '../redis/redis-server.js';
import { Proxy } from '../system/proxy.js';
import type { ServerProcess } from '../system/server-process.js';
import { audit } from './audit.js';
import { lease, measured } from './bounds.js';
import { Fleet } from './fleet.js';
import type { ObservedSession } from './observed-session.js';
import { waitUntil } from './wait-until.js';

/** When the truth is to be shown after there is a Redis again, in ms. */
const bound = 2_000;
const keys = new Keys('session-connection-count:');

const epochIn = (redis: RedisServer, { sessionId }: ObservedSession): number =>
  Number(redis.command('HGET', keys.roster(tagOf(sessionId)), 'epoch'));

/** Whether it takes writes. Who asks while it becomes so is cut off. */
function isMaster(redis: RedisServer): boolean {
  try {
    return redis.command('INFO', 'replication').includes('role:master');
  } catch {
    return false;
  }
}

/** Two processes and a session that some are in. */
async function scene(
  t: TestContext,
  redis: string,
): Promise<{ session: ObservedSession; server: ServerProcess }> {
  const fleet = await new Fleet({ size: 2, redis }).start();
  t.after(() => fleet.stop());
  const session = await fleet.observe(t.name);
  await Promise.all(fleet.servers.map((server) => session.joinMany(server, 5)));
  await session.truth(10_000);
  return { session, server: fleet.servers[0]! };
}

/** Lets three come and two go. */
async function change(session: ObservedSession, server: ServerProcess): Promise<void> {
  const [first, second] = session.members;
  first!.leave();
  second!.leave();
  await session.joinMany(server, 3);
  await session.truth(10_000, { calm: 0 });
}

/** Lets the Redis change, while nobody comes or goes: no other number than the present one may be shown. */
async function survive(
  t: TestContext,
  session: ObservedSession,
  fail: () => Promise<RedisServer>,
): Promise<RedisServer> {
  const observers = session.observers();
  const known = observers.map(({ shown }) => shown.length);
  const present = [...session.members].filter(({ connectionId }) => connectionId).length;
  const redis = await fail();
  const since = performance.now();
  await waitUntil('the Redis has everyone', () => audit([redis]) === present, lease);
  const took = await session.truth(lease, { since, calm: 0 });
  // Whoever finds out later may make the number an old one once more.
  await session.truth(lease);
  t.diagnostic(measured('the truth after that', took, bound));
  for (const [index, { shown }] of observers.entries()) {
    const wrong = shown.slice(known[index]).filter(({ count, stale }) => !stale && count !== present);
    assert.deepEqual(wrong, [], 'a wrong number was shown');
  }
  session.assertOnce();
  return redis;
}

suite(
  'processes whose Redis is another',
  { skip: withoutRedis(), concurrency: true, timeout: 120_000 },
  () => {
    test('which lacks the last changes have the truth under a later epoch (R2)', async (t) => {
      const group = await new SentinelGroup().start();
      t.after(() => group.remove());
      const { session, server } = await scene(t, group.url);
      await waitUntil('the replica has what the master has', () => audit([group.replica]) === 10);
      // What it is told from now on is lost with it. Where that is longer than a lease, so are all leases.
      const cut = performance.now();
      group.master.command('ACL', 'SETUSER', 'default', '-psync', '-sync');
      group.master.command('CLIENT', 'KILL', 'TYPE', 'replica');
      await change(session, server);
      const before = epochIn(group.master, session);
      assert.equal(audit([group.replica]), 10, 'the replica lacks the last changes');
      await survive(t, session, async () => {
        const died = performance.now();
        await group.master.stop('SIGKILL');
        await waitUntil('the replica is the master', () => isMaster(group.replica));
        if (performance.now() - cut > lease)
          throw new Error('This computer is too busy: all leases are over');
        t.diagnostic(`the replica was the master after ${Math.round(performance.now() - died)} ms`);
        return group.replica;
      });
      assert.ok(epochIn(group.replica, session) > before);
    });

    test('which is an old one that comes back with its data take no notice of it (R3)', async (t) => {
      const [old, recent] = [new RedisServer(), new RedisServer()];
      await old.start();
      const way = new Proxy();
      let present = old;
      await way.start(() => present.url);
      t.after(async () => {
        way.stop();
        await Promise.all([old.remove(), recent.remove()]);
      });
      const { session, server } = await scene(t, way.url.replace('http', 'redis'));
      old.save();
      const epochs = [epochIn(old, session)];
      const turnTo = async (redis: RedisServer): Promise<RedisServer> => {
        await present.stop('SIGKILL');
        present = redis;
        await redis.start();
        return redis;
      };
      for (const next of [recent, old]) {
        epochs.push(epochIn(await survive(t, session, () => turnTo(next)), session));
        await change(session, server);
      }
      assert.deepEqual(
        epochs,
        [...new Set(epochs)].sort((a, b) => a - b),
      );
    });
  },
);
