import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Keys } from '../../src/server/roster/redis/keys.js';
import type { Member } from '../redis/member.js';
import { withoutRedis, type RedisServer } from '../redis/redis-server.js';
import type { Direction } from '../system/proxy.js';
import type { ServerProcess } from '../system/server-process.js';
import { incarnations } from './audit.js';
import { lease, measured, reaped, withSlack } from './bounds.js';
import type { ObservedSession } from './observed-session.js';
import type { Observer } from './observer.js';
import { scenario, type Scene } from './scenario.js';

/** What may pass between the end of a cut and the truth, in ms. */
const healed = 3_000;
/** How long a join waits for the Redis before its client is sent away, in ms. */
const joinPatience = 5_000;

const directions: [name: string, ...held: Direction[]][] = [
  ['in both directions', 'up', 'down'],
  ['on the way to it', 'up'],
  ['on the way back', 'down'],
];

/** Resolves when the process that a member is connected to has renewed its lease right now. */
async function renewal(redis: RedisServer, member: Member): Promise<void> {
  const [incarnation] = member.connectionId!.split('.');
  const expiry = (): string =>
    redis.command('ZSCORE', new Keys('session-connection-count:').leases, incarnation!);
  const before = expiry();
  for (const end = performance.now() + lease; expiry() === before; await wait(20)) {
    assert.ok(performance.now() < end, 'a lease was not renewed in its time');
  }
}

interface Crowd extends Scene {
  readonly session: ObservedSession;
  /** Of each process. */
  readonly members: readonly Member[][];
}

/** Three processes with ten members each. */
const withCrowd = (name: string, play: (crowd: Crowd) => Promise<void>): Promise<void> =>
  scenario({ size: 3 }, async (scene) => {
    const session = await scene.fleet.observe(name);
    const members = await Promise.all(scene.fleet.servers.map((server) => session.joinMany(server, 10)));
    await session.truth(10_000);
    await play({ ...scene, session, members });
  });

/** Resolves when the observers of processes that are cut off say that their numbers may be old. */
async function doubted(
  t: TestContext,
  session: ObservedSession,
  on: readonly ServerProcess[],
): Promise<void> {
  const since = performance.now();
  const observers = session.observers(on);
  await session.until(
    () => observers.every(({ now }) => now.stale),
    withSlack(lease),
    'who is cut off shows a stale number',
  );
  t.diagnostic(measured('who is cut off says that its number may be old', performance.now() - since, lease));
}

/** The numbers that an observer has shown since it showed the n-th. */
const shownSince = (observer: Observer, index: number): unknown[] => [
  ...new Set(observer.shown.slice(index).map(({ count }) => count)),
];

/** Lets a process be cut off until the others have taken its connections out, and come back. */
async function longCut(
  t: TestContext,
  { fleet, ways, session, members }: Crowd,
  held: Direction[],
): Promise<void> {
  const [cut, ...others] = fleet.servers as [ServerProcess, ServerProcess, ServerProcess];
  const ids = members[0]!.map(({ connectionId }) => connectionId);
  const rest = members.slice(1).flat();
  const before = session.numberOn(cut).shown.length - 1;
  const began = performance.now();
  ways[0]!.hold(...held);
  // One elsewhere is counted as ever; one that can't be is told to come again.
  rest.push(await session.join(others[0]));
  const sentAway = async (): Promise<void> => {
    const asked = performance.now();
    await assert.rejects(session.join(cut), /closed with 1013/);
    t.diagnostic(measured('a join is sent away', performance.now() - asked, joinPatience));
  };
  // Renewals whose answers get lost are renewals.
  const bound = held.includes('up') ? reaped : reaped + Math.ceil((2 / 3) * lease);
  const [took] = await Promise.all([
    session.truth(withSlack(bound), { on: others, of: rest, since: began }),
    doubted(t, session, [cut]),
    sentAway(),
  ]);
  t.diagnostic(measured('the others have taken out who is cut off', took, bound));
  if (held.includes('down')) assert.deepEqual(shownSince(session.numberOn(cut), before), [30]);
  ways[0]!.release();
  const since = performance.now();
  const renamed = (): boolean =>
    members[0]!.every(({ connectionId }) => connectionId && !ids.includes(connectionId));
  await session.until(renamed, withSlack(healed), 'who was taken out has another id');
  const back = await session.truth(withSlack(healed), { since });
  t.diagnostic(measured('the truth everywhere when it is back', back, healed));
  for (const server of others) {
    const { destroyed } = session.listOn(server);
    assert.deepEqual(
      ids.map((id) => destroyed.get(id!)),
      ids.map(() => ['networkDisconnected']),
    );
    // Who was sent away may have been in the count: an answer got lost, not a join.
    assert.ok(destroyed.size <= ids.length + 1);
    assert.ok(rest.every(({ connectionId }) => !destroyed.has(connectionId!)));
  }
}

suite(
  'a process that is cut off from the Redis',
  { skip: withoutRedis(), timeout: 180_000, concurrency: 5 },
  () => {
    for (const [name, ...held] of directions) {
      test(`for 3 s, ${name}, is missed by nobody (F8)`, async (t) => {
        await withCrowd(`short, ${name}`, async ({ fleet, redis, ways, session, members }) => {
          await renewal(redis, members[0]![0]!);
          const lives = incarnations(redis);
          ways[0]!.hold(...held);
          const joined = session.joinMany(fleet.servers[1]!, 3);
          await wait(3_000);
          await joined;
          ways[0]!.release();
          const took = await session.truth(withSlack(healed), { calm: reaped });
          t.diagnostic(measured('the truth everywhere when it is back', took, healed));
          for (const server of fleet.servers) assert.deepEqual(session.departures(server), {});
          assert.deepEqual(incarnations(redis), lives);
        });
      });

      test(`for longer than its lease, ${name}, is taken out by the others, and adds its own anew (F8)`, (t) =>
        withCrowd(`long, ${name}`, (cut) => longCut(t, cut, held)));
    }

    test('as all others are, for longer than the lease, is taken out by none that is back before (F8)', (t) =>
      withCrowd('all', async ({ fleet, redis, ways, session }) => {
        const lives = incarnations(redis);
        const before = session.observers().map(({ shown }) => shown.length - 1);
        for (const way of ways) way.hold();
        await Promise.all([wait(lease + 2_000), doubted(t, session, fleet.servers)]);
        for (const way of ways) {
          way.release();
          await wait(1_000);
        }
        const took = await session.truth(withSlack(healed), { calm: reaped });
        t.diagnostic(measured('the truth everywhere when the last is back', took, healed));
        for (const [index, observer] of session.observers().entries()) {
          assert.deepEqual(shownSince(observer, before[index]!), [30]);
        }
        for (const server of fleet.servers) assert.deepEqual(session.departures(server), {});
        assert.deepEqual(incarnations(redis), lives);
      }));
  },
);
