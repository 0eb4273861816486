import assert from 'node:assert/strict';
import { after, before, suite, test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { RedisServer, withoutRedis } from '../redis/redis-server.js';
import { audit } from './audit.js';
import { lease, measured, reaped, withSlack } from './bounds.js';
import { Fleet } from './fleet.js';
import type { ObservedSession } from './observed-session.js';
import { waitUntil } from './wait-until.js';

/** How long a Redis is away, in ms. */
const downtime = 1_000;
/** When the truth is to be shown after it is back, in ms. */
const bound = 2_000;
/** What that may become on a busy computer: whoever waits for a lease to run out is later. */
const limit = lease;
/** How long nothing wrong may be shown after it, in ms. */
const calm = 1_000;
const each = 5;

suite('processes whose Redis', { skip: withoutRedis(), timeout: 120_000 }, () => {
  const redis = new RedisServer();
  let fleet: Fleet;
  before(async () => {
    await redis.start();
    fleet = await new Fleet({ size: 3, redis: redis.url }).start();
  });
  after(async () => {
    await fleet.stop();
    await redis.remove();
  });

  async function restart(): Promise<void> {
    await redis.stop('SIGKILL');
    await wait(downtime);
    await redis.start();
  }

  /** Lets some join everywhere, the Redis fail, and everything be as it was. */
  async function survive(
    t: TestContext,
    fail: (session: ObservedSession) => unknown,
  ): Promise<ObservedSession> {
    const session = await fleet.observe(t.name);
    await Promise.all(fleet.servers.map((server) => session.joinMany(server, each)));
    await session.truth(10_000);
    const observers = session.observers();
    const known = observers.map(({ shown }) => shown.length);
    const allowed = new Set([session.members.size]);
    await fail(session);
    const since = performance.now();
    const present = [...session.members].filter(({ connectionId }) => connectionId).length;
    allowed.add(present);
    await waitUntil('the Redis has everyone', () => audit([redis]) === present, limit);
    const took = await session.truth(limit, { since, calm: 0 });
    // Whoever finds out later may make the number an old one once more.
    await wait(calm);
    await session.truth(limit, { calm: 0 });
    t.diagnostic(measured('the truth after that', took, bound));
    for (const [index, { shown }] of observers.entries()) {
      const wrong = shown.slice(known[index]).filter(({ count, stale }) => !stale && !allowed.has(count!));
      assert.deepEqual(wrong, [], 'a wrong number was shown');
    }
    session.assertOnce();
    return session;
  }

  async function end(session: ObservedSession): Promise<void> {
    session.leave();
    await session.truth(10_000, { calm: 0 });
    assert.equal(audit([redis]), 0);
  }

  /** Kills a process, whose connections have to be taken out however much the Redis forgot. */
  async function kill(t: TestContext, session: ObservedSession): Promise<void> {
    const victim = fleet.servers[2]!;
    const since = performance.now();
    await victim.stop('SIGKILL');
    const took = await session.truth(withSlack(reaped), { on: fleet.running, since });
    t.diagnostic(measured('the truth after a kill', took, reaped));
    assert.deepEqual(session.departures(fleet.servers[0]!), { networkDisconnected: each });
    session.assertOnce();
    await victim.start();
    await end(session);
  }

  // The only one that needs that nothing was saved before.
  test('comes back empty show no wrong number, and a process that dies then is reaped (R1)', async (t) => {
    await kill(t, await survive(t, restart));
  });

  test('loses everything while it runs show no wrong number, and a process that dies then is reaped (R1)', async (t) => {
    await kill(t, await survive(t, () => redis.command('FLUSHALL')));
  });

  test('forgets its scripts tell of nothing (R1)', async (t) => {
    const session = await survive(t, () => redis.command('SCRIPT', 'FLUSH'));
    await session.joinMany(fleet.servers[1]!, 1);
    await session.truth(10_000);
    await end(session);
  });

  test('comes back with its data tell of nothing (R1)', async (t) => {
    const session = await survive(t, async () => {
      redis.save();
      await restart();
    });
    assert.deepEqual(session.departures(fleet.servers[0]!), {});
    await end(session);
  });

  test('comes back empty have the truth just as soon when somebody left meanwhile (R1)', async (t) => {
    const session = await survive(t, async ({ members: [leaving] }) => {
      await redis.stop('SIGKILL');
      redis.forget();
      leaving!.leave();
      await wait(downtime);
      await redis.start();
    });
    await end(session);
  });
});
