import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ClusterGroup, SentinelGroup } from '../redis/redis-group.js';
import { withoutRedis, type RedisServer } from '../redis/redis-server.js';
import type { ServerProcess } from '../system/server-process.js';
import { incarnations } from './audit.js';
import { lease, measured, reaped, withSlack } from './bounds.js';
import { Disturber } from './disturbance.js';
import type { ObservedSession } from './observed-session.js';
import { scenario } from './scenario.js';

type Three = [ServerProcess, ServerProcess, ServerProcess];

/** What observers were told and showed, and as whom the processes live. */
const happenings = (session: ObservedSession, redis: RedisServer): unknown[] => [
  ...session.observers().map(({ created, destroyed, shown }) => [created.size, [...destroyed], [...shown]]),
  incarnations(redis),
];

suite('a process', { skip: withoutRedis(), timeout: 180_000, concurrency: 5 }, () => {
  for (const [name, group, kills] of [
    ['', undefined, 3],
    [', behind sentinels', new SentinelGroup(), 1],
    [', on a cluster', new ClusterGroup(), 1],
  ] as const) {
    test(`that is killed takes its connections with it, each once, whatever joins meanwhile${name} (F1)`, async (t) => {
      await scenario({ size: 3, ...(group && { group }) }, async ({ fleet, audit }) => {
        const session = await fleet.observe('killed');
        const [here, there, elsewhere] = fleet.servers as Three;
        await Promise.all(fleet.servers.map((server) => session.joinMany(server, 10)));
        await session.truth(5_000);
        for (const victim of [there, elsewhere, there].slice(0, kills)) {
          // Who joins right then may get there, or not.
          const joining = Promise.allSettled([session.joinMany(victim, 5), session.joinMany(here, 5)]);
          const since = performance.now();
          await victim.stop('SIGKILL');
          await joining;
          const took = await session.truth(withSlack(reaped), { on: fleet.running, since });
          t.diagnostic(measured(`the truth everywhere after a kill${name}`, took, reaped));
          audit();
          await victim.start();
          await session.joinMany(victim, 10);
          await session.truth(10_000);
        }
        assert.deepEqual(Object.keys(session.departures(here)), ['networkDisconnected']);
      });
    });
  }

  test('that is killed loses no client that comes back to another (F1)', async (t) => {
    await scenario({ size: 3 }, async ({ fleet }) => {
      const session = await fleet.observe('coming back');
      const clients = await Promise.all(Array.from({ length: 15 }, () => fleet.connect(session)));
      await session.truth(5_000);
      const [here, , victim] = fleet.servers as Three;
      const ids = clients.map(({ connectionId }) => connectionId);
      const since = performance.now();
      await victim.stop('SIGKILL');
      await session.until(() => clients.every((each) => each.connectionId), 10_000, 'all are back');
      t.diagnostic(`all clients were back after ${Math.round(performance.now() - since)} ms`);
      // Longer than the dead process is anybody's to reap.
      await session.truth(5_000, { on: fleet.running, calm: reaped + 500 });
      assert.deepEqual(
        clients.map(({ connectionId }) => connectionId),
        ids,
      );
      assert.deepEqual(session.departures(here), {});
    });
  });

  test('that starts when all were killed takes out who was there before (F2)', async (t) => {
    await scenario({ size: 3 }, async ({ fleet }) => {
      const session = await fleet.observe('all killed');
      await Promise.all(fleet.servers.map((server) => session.joinMany(server, 10)));
      await session.truth(5_000);
      await Promise.all(fleet.servers.map((server) => server.stop('SIGKILL')));
      const [first] = fleet.servers as Three;
      await first.start();
      const since = performance.now();
      await session.joinMany(first, 3);
      const took = await session.truth(withSlack(reaped), { on: [first], since });
      t.diagnostic(measured('the truth after the start', took, reaped));
      assert.equal(session.listOn(first).now.count, 3);
    });
  });

  test('that stands still for less than its lease is missed by nobody (F3)', async () => {
    await scenario({ size: 3 }, async ({ fleet, redis }) => {
      const session = await fleet.observe('still for 2.5 s');
      const [, frozen] = fleet.servers as Three;
      await Promise.all(fleet.servers.map((server) => session.joinMany(server, 10)));
      await session.truth(5_000);
      const before = happenings(session, redis);
      frozen.freeze(true);
      await wait(lease / 2);
      frozen.freeze(false);
      await session.truth(5_000, { calm: reaped });
      assert.deepEqual(happenings(session, redis), before);
    });
  });

  test('that stands still for longer finds its connections taken out, and adds them anew (F4)', async (t) => {
    await scenario({ size: 3 }, async ({ fleet }) => {
      const session = await fleet.observe('still for long');
      const [here, frozen, elsewhere] = fleet.servers as Three;
      const others = await Promise.all([here, elsewhere].map((server) => session.joinMany(server, 10)));
      const mine = await session.joinMany(frozen, 10);
      await session.truth(5_000);
      const ids = mine.map(({ connectionId }) => connectionId);
      frozen.freeze(true);
      const took = await session.truth(withSlack(reaped), { on: [here, elsewhere], of: others.flat() });
      t.diagnostic(measured('taken out', took, reaped));
      frozen.freeze(false);
      const renamed = (): boolean =>
        mine.every(({ connectionId }) => connectionId && !ids.includes(connectionId));
      const since = performance.now();
      await session.until(renamed, withSlack(1_000), 'its members have other ids');
      t.diagnostic(
        measured('the truth after it goes on', await session.truth(withSlack(1_000), { since }), 1_000),
      );
      for (const server of [here, elsewhere]) {
        assert.deepEqual(session.departures(server), { networkDisconnected: 10 });
      }
    });
  });

  test('whose event loop is blocked for 2 s is missed by nobody (F5)', async () => {
    const disturber = new Disturber();
    await scenario({ size: 3, settings: disturber.settings }, async ({ fleet, redis }) => {
      const session = await fleet.observe('blocked');
      await Promise.all(fleet.servers.map((server) => session.joinMany(server, 10)));
      await session.truth(5_000);
      const before = happenings(session, redis);
      const since = performance.now();
      await disturber.disturb(fleet.servers[1]!, 1, { block: 2_000 });
      assert.ok(performance.now() - since >= 2_000);
      await session.truth(5_000, { calm: reaped });
      assert.deepEqual(happenings(session, redis), before);
    }).finally(() => disturber.remove());
  });

  test('whose clock is set by an hour, either way, is missed by nobody, and misses nobody (F12)', async () => {
    const disturber = new Disturber();
    await scenario({ size: 3, settings: disturber.settings }, async ({ fleet, redis }) => {
      const session = await fleet.observe('an hour');
      const [ahead, behind, right] = fleet.servers as Three;
      await Promise.all(fleet.servers.map((server) => session.joinMany(server, 10)));
      await session.truth(5_000);
      const before = happenings(session, redis);
      for (const clockStep of [3_600_000, -3_600_000]) {
        await disturber.disturb(ahead, 0, { clockStep });
        await disturber.disturb(behind, 1, { clockStep: -clockStep });
        await session.truth(5_000, { calm: reaped });
        assert.deepEqual(happenings(session, redis), before);
      }
      // And they go on to see what happens.
      const since = performance.now();
      await session.join(ahead);
      await right.stop('SIGKILL');
      await session.truth(withSlack(reaped), { on: [ahead, behind], since });
      assert.deepEqual(session.departures(ahead), { networkDisconnected: 10 });
    }).finally(() => disturber.remove());
  });
});
