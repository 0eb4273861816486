import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { RedisServer, withoutRedis } from '../redis/redis-server.js';
import type { ServerProcess } from '../system/server-process.js';
import { audit } from './audit.js';
import { measured, reaped, withSlack } from './bounds.js';
import { Fleet } from './fleet.js';

suite('a process that is killed', { skip: withoutRedis(), timeout: 120_000 }, () => {
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

  test('takes its connections with it, each once, whatever joins meanwhile (F1)', async (t) => {
    const session = await fleet.observe('killed');
    const [here, there, elsewhere] = fleet.servers as [ServerProcess, ServerProcess, ServerProcess];
    await Promise.all(fleet.servers.map((server) => session.joinMany(server, 10)));
    await session.truth(5_000);
    for (const victim of [there, elsewhere, there]) {
      // Who joins right then may get there, or not.
      const joining = Promise.allSettled([session.joinMany(victim, 5), session.joinMany(here, 5)]);
      const since = performance.now();
      await victim.stop('SIGKILL');
      await joining;
      const took = await session.truth(withSlack(reaped), { on: fleet.running, since });
      t.diagnostic(measured('the truth everywhere after a kill', took, reaped));
      audit([redis]);
      await victim.start();
      await session.joinMany(victim, 10);
      await session.truth(10_000);
    }
    session.assertOnce();
    assert.deepEqual(Object.keys(session.departures(here)), ['networkDisconnected']);
    session.leave();
    await session.truth(5_000);
    assert.equal(audit([redis]), 0);
  });
});
