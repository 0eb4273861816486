import assert from 'node:assert/strict';
import { after, before, suite, test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Keys, tagOf } from '../../src/server/roster/redis/keys.js';
import { ClusterGroup } from '../redis/redis-group.js';
import { withoutRedis } from '../redis/redis-server.js';
import type { ServerProcess } from '../system/server-process.js';
import { audit } from './audit.js';
import { measured, withSlack } from './bounds.js';
import { Fleet } from './fleet.js';
import type { ObservedSession } from './observed-session.js';

/** When the truth is to be shown after keys have moved, in ms. */
const bound = 5_000;
/** How long some keys are here and the others there, each time that one is moved, in ms. */
const pause = 100;
const keys = new Keys('session-connection-count:');
const rosterOf = ({ sessionId }: ObservedSession): string => keys.roster(tagOf(sessionId));

suite('processes on a Redis Cluster', { skip: withoutRedis(), timeout: 120_000 }, () => {
  const cluster = new ClusterGroup(1);
  let fleet: Fleet;
  before(async () => {
    await cluster.start();
    fleet = await new Fleet({ size: 2, redis: cluster.url }).start();
  });
  after(async () => {
    await fleet.stop();
    await cluster.remove();
  });

  /** Lets some come and go until something is done, and compares what is shown with the truth. */
  async function churn(
    t: TestContext,
    disturb: (session: ObservedSession, churned: () => Promise<unknown>) => Promise<unknown>,
  ): Promise<void> {
    const session = await fleet.observe(t.name);
    const [here, there] = fleet.servers as [ServerProcess, ServerProcess];
    const staying = (await Promise.all([session.joinMany(here, 5), session.joinMany(there, 5)])).flat();
    await session.truth(10_000);
    let going = true;
    let rounds = 0;
    const churning = (async () => {
      for (; going; rounds++) {
        const [server] = rounds % 2 ? [here] : [there];
        const members = await session.joinMany(server, 2);
        members[0]!.leave();
      }
    })();
    const churned = async (): Promise<void> => {
      const { size } = session.members;
      await session.until(() => session.members.size > size + 2, 10_000, 'somebody joins');
    };
    const since = await disturb(session, churned)
      .then(async () => {
        const ended = performance.now();
        await churned();
        return ended;
      })
      .finally(() => (going = false));
    await churning;
    const took = await session.truth(withSlack(bound), { since });
    t.diagnostic(measured(`the truth, after ${rounds} rounds`, took, bound));
    assert.ok(
      staying.every(({ connectionId }) => connectionId),
      'all keep their sockets',
    );
    session.assertOnce();
    assert.ok(fleet.servers.every(({ running }) => running));
    session.leave();
    await session.truth(withSlack(bound), { calm: 0 });
    assert.equal(audit(cluster.masters), 0);
  }

  test('lose nobody when a replica takes over (R8)', async (t) => {
    await churn(t, async (session, churned) => {
      await cluster.failOver(rosterOf(session));
      await churned();
      await cluster.failOver(keys.leases);
    });
  });

  test('lose nobody when a session moves to another master (R8)', async (t) => {
    await churn(t, (session) => cluster.move(rosterOf(session), () => wait(pause)));
  });

  test('lose nobody when the leases move to another master (R8)', async (t) => {
    await churn(t, () => cluster.move(keys.leases, () => wait(pause)));
  });

  test('lose nobody when a master dies (R8)', async (t) => {
    await churn(t, async (session, churned) => {
      const dead = await cluster.kill(rosterOf(session));
      await churned();
      await dead.start();
    });
  });
});
