import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { EngineError } from '../../src/server/roster/index.js';
import { RedisEngine, redisAddress } from '../../src/server/roster/redis/index.js';
import type { RosterBatch } from '../../src/server/roster/roster-engine.js';
import { withoutRedis } from '../redis/redis-server.js';
import { FailingRedis, redisFaults } from './redis-faults.js';
import { waitUntil } from './wait-until.js';

const incarnation = 'living';
let numbers = 0;

const batch = (sessionId: string, ...ids: string[]): RosterBatch => ({
  sessionId,
  incarnation,
  number: ++numbers,
  created: ids.map((connectionId) => ({ connectionId, creationTime: 1, data: '' })),
  destroyed: [],
  whole: true,
  seen: { epoch: 0, seq: 0 },
});

/** Every way to ask an engine something, by what it is. All may be repeated. */
const calls: Readonly<Record<string, (engine: RedisEngine) => Promise<unknown>>> = {
  renew: (engine) => engine.renew(incarnation),
  'apply to a session that it is in': (engine) => engine.apply(batch('old', 'a')),
  'apply to a session that it enters': (engine) => engine.apply(batch(`new ${++numbers}`, `b ${numbers}`)),
  'apply to a session that it leaves': (engine) => engine.apply(batch('old')),
  reap: (engine) => engine.reap(),
  read: (engine) => engine.read('old'),
  'read what is watched from now on': async (engine) => {
    const unwatch = engine.watch(`watched ${++numbers}`, () => {});
    await engine.read(`watched ${numbers}`).finally(unwatch);
  },
  list: (engine) => engine.list('old'),
  recognise: (engine) => engine.recognise('old', 'key'),
  askForRemoval: (engine) => engine.askForRemoval('old', 'a'),
};

/** What is refused while there is no connection, or with the connection that is given up. */
const unconnected = /Redis is away|Disconnects client/;

suite('an engine whose Redis', { skip: withoutRedis(), concurrency: 4 }, () => {
  for (const fault of redisFaults) {
    const { name, refusal } = fault;
    test(`${name} refuses every call with a reason, and is of use when that is over`, async (context) => {
      const redis = await new FailingRedis().start();
      context.after(() => redis.remove());
      // An engine for each call, since what one of them finds out keeps others from being tried.
      const engines = await Promise.all(
        Object.entries(calls).map(async ([what, call]) => {
          const engine = new RedisEngine({ address: redisAddress(redis.url), lease: 600_000 });
          context.after(() => engine.close());
          await engine.open();
          await call(engine);
          return [what, call, engine] as const;
        }),
      );
      await engines[0]![2].apply(batch('old', 'a'));
      await fault.begin(redis);
      const answers = await Promise.all(
        engines.map(([, call, engine]) =>
          call(engine).then(
            () => undefined,
            (error: unknown) => error,
          ),
        ),
      );
      await fault.end(redis);
      for (const [at, [what]] of engines.entries()) {
        const answer = answers[at];
        if (!answer) {
          assert.ok(!refusal || !what.startsWith('apply'), what);
          continue;
        }
        assert.ok(answer instanceof EngineError && refusal, `${what}: ${String(answer)}`);
        assert.match(answer.message, new RegExp(`${refusal.source}|${unconnected.source}`), what);
      }
      for (const [what, call, engine] of engines) {
        await waitUntil(`${what} succeeds`, () =>
          call(engine).then(
            () => true,
            (error: unknown) => {
              assert.ok(error instanceof EngineError, `${what}: ${String(error)}`);
              return false;
            },
          ),
        );
      }
    });
  }
});
