import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createClient } from '@redis/client';
import type { RosterChange } from '../../src/server/roster/index.js';
import { RedisEngine, redisAddress } from '../../src/server/roster/redis/index.js';
import { tagOf } from '../../src/server/roster/redis/keys.js';
import { RedisServer, withoutRedis } from '../redis/redis-server.js';
import { waitUntil } from './wait-until.js';

const times = 1_000;
/** In ms. No lease ends by itself. */
const lease = 600_000;
const members = 3;

suite('two processes that reap the same dead one in the same moment', { skip: withoutRedis() }, () => {
  const redis = new RedisServer();
  const reapers: RedisEngine[] = [];
  before(async () => {
    await redis.start();
    for (let count = 0; count < 2; count++) {
      const engine = new RedisEngine({ address: redisAddress(redis.url), lease });
      reapers.push(engine);
      await engine.open();
    }
  });
  after(async () => {
    for (const engine of reapers) engine.close();
    await redis.remove();
  });

  test(`tell once of each connection, ${times} times`, async (context) => {
    const [one, other] = reapers as [RedisEngine, RedisEngine];
    const clock = createClient({ url: redis.url });
    await clock.connect();
    const told: RosterChange[][] = [];
    for (const { outbox } of reapers) outbox.isWanted = true;
    const stops: (() => void)[] = [];
    const began = performance.now();
    for (let round = 0; round < times; round++) {
      const [sessionId, incarnation] = [`session ${round}`, `dead ${round}`];
      const changes: RosterChange[] = (told[round] = []);
      const unwatch = one.watch(sessionId, (change) => changes.push(change));
      stops.push(unwatch);
      await one.renew(incarnation);
      const created = Array.from({ length: members }, (_, at) => ({
        connectionId: `${round}.${at}`,
        creationTime: 1,
        data: '',
      }));
      const seen = { epoch: 0, seq: 0 };
      await one.apply({ sessionId, incarnation, number: 1, created, destroyed: [], whole: false, seen });
      await clock.zAdd('session-connection-count:{processes}:leases', { score: 1, value: incarnation });
      // Both scripts of each step are with Redis before it has answered either.
      await Promise.all([one.reap(), other.reap()]);
    }
    context.diagnostic(`${times} times in ${Math.round(performance.now() - began)} ms`);
    await waitUntil('the last is told of', () => told.every((changes) => changes.length >= 2));
    for (const stop of stops) stop();
    clock.destroy();
    for (const [round, [joined, left, ...more]] of told.entries()) {
      const ids = Array.from({ length: members }, (_, at) => `${round}.${at}`);
      assert.deepEqual([joined!.seq, left!.seq, left!.count, more.length], [1, 2, 0, 0]);
      const [departure, ...departures] = left!.destroyed;
      assert.deepEqual([departure!.reason, departures.length], ['networkDisconnected', 0]);
      assert.deepEqual([...departure!.connections].sort(), ids);
    }
    for (let round = 0; round < times; round++) {
      const { changes } = await one.outbox.read(tagOf(`session ${round}`), undefined, 10);
      assert.equal(changes.filter(({ change }) => change.destroyed.length).length, 1);
    }
  });
});
