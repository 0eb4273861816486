import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, suite, test } from 'node:test';
import { RedisEngine, redisAddress } from '../../src/server/roster/redis/index.js';
import { tagOf } from '../../src/server/roster/redis/keys.js';
import { mostCallbacks } from '../../src/server/webhooks/callback.js';
import { systemClock } from '../../src/server/clock.js';
import { mostPending } from '../../src/server/webhooks/delivery-queue.js';
import { GroupWebhooks } from '../../src/server/webhooks/group-webhooks.js';
import { waitUntil } from '../faults/wait-until.js';
import { RedisServer, withoutRedis } from './redis-server.js';

/** In ms: short, so that it runs out soon where it has to, and one that can't run out. */
const shortLease = 600;
const longLease = 600_000;
/** In ms: how long the last try may take. */
const lastTry = 600;
const goodUrl = 'https://good.example/hook';
const badUrl = 'https://bad.example/hook';

suite('the webhooks of a group', { skip: withoutRedis() }, () => {
  const redis = new RedisServer();
  before(() => redis.start());
  after(() => redis.remove());
  const ending: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ending.splice(0)) await end();
    redis.command('FLUSHALL');
    told.length = 0;
    refusing.clear();
  });

  /** What each URL accepted: the URL, the event and the connection. */
  const told: string[] = [];
  /** The URLs that accept nothing. */
  const refusing = new Set<string>();
  let batches = 0;

  /** One process of the group. */
  async function member(
    urls: readonly string[],
    { lease = shortLease, change = (_: RedisEngine): void => {} } = {},
  ) {
    const engine = new RedisEngine({ address: redisAddress(redis.url), lease: longLease });
    await engine.open();
    change(engine);
    const webhooks = new GroupWebhooks({
      projectId: 'project',
      keys: [Buffer.alloc(32)],
      clock: systemClock,
      onTrouble: () => {},
      shared: engine,
      lease,
      urls,
      send: async ({ url, body }) => {
        if (refusing.has(url.href)) return 503;
        const { event, connection } = JSON.parse(body) as { event: string; connection: { id: string } };
        told.push(`${url.hostname} ${event} ${connection.id}`);
        return 204;
      },
    });
    await webhooks.start();
    const incarnation = randomUUID();
    await engine.renew(incarnation);
    let open = true;
    const close = async (): Promise<void> => {
      if (!open) return;
      open = false;
      await webhooks.close(lastTry);
      engine.close();
    };
    ending.push(close);
    return {
      webhooks,
      close,
      /** Writes that connections join. */
      join: (connectionIds: string | string[], sessionId = 'lobby') =>
        engine.apply({
          sessionId,
          incarnation,
          number: ++batches,
          created: [connectionIds]
            .flat()
            .map((connectionId) => ({ connectionId, creationTime: 1, data: '' })),
          destroyed: [],
          whole: false,
          seen: { epoch: 0, seq: 0 },
        }),
    };
  }
  const untilTold = (number: number): Promise<unknown> =>
    waitUntil(`${number} are told`, () => told.length >= number);
  const untilEmpty = (): Promise<unknown> =>
    waitUntil('all outboxes are empty', () => !/outbox|waiting/.test(redis.command('--scan')));

  test('tell a URL nothing a second time because another one has to wait', async () => {
    const one = await member([goodUrl, badUrl]);
    const other = await member([goodUrl, badUrl]);
    refusing.add(badUrl);
    for (const id of ['a', 'b', 'c']) await one.join(id);
    await untilTold(3);
    await one.close();
    refusing.delete(badUrl);
    await other.join('d');
    await untilTold(8);
    assert.deepEqual(
      told.filter((each) => each.startsWith('good')),
      ['a', 'b', 'c', 'd'].map((id) => `good.example connectionCreated ${id}`),
    );
    assert.deepEqual(
      told.filter((each) => each.startsWith('bad')),
      ['a', 'b', 'c', 'd'].map((id) => `bad.example connectionCreated ${id}`),
    );
    await untilEmpty();
  });

  test('are sent by another at once where the sender stops', async () => {
    const one = await member([goodUrl], { lease: longLease });
    const other = await member([goodUrl], { lease: longLease });
    await one.close();
    await other.join('a');
    await untilTold(1);
  });

  test('tell a URL nothing of the time before it was registered', async () => {
    const one = await member([badUrl]);
    const other = await member([badUrl]);
    refusing.add(badUrl);
    await one.join('before');
    await waitUntil('it fails', () => one.webhooks.states.some(({ lastError }) => !!lastError));
    await other.webhooks.register('created', new URL(goodUrl));
    await one.close();
    refusing.delete(badUrl);
    await other.join('after');
    await untilTold(3);
    assert.deepEqual(told.sort(), [
      'bad.example connectionCreated after',
      'bad.example connectionCreated before',
      'good.example connectionCreated after',
    ]);
  });

  test('forget what waits for a URL that was unregistered', async () => {
    const one = await member([]);
    const other = await member([]);
    const callback = (await other.webhooks.register('created', new URL(badUrl)))!;
    await waitUntil('all know it', () => one.webhooks.callbacks.length === 1);
    refusing.add(badUrl);
    await one.join('a');
    await waitUntil('it fails', () => one.webhooks.states.some(({ lastError }) => !!lastError));
    await other.webhooks.unregister(callback);
    await untilEmpty();
    assert.deepEqual(one.webhooks.states, []);
  });

  test('that are too many are dropped from Redis too, and counted', async () => {
    const one = await member([badUrl]);
    const dropped = (): number | undefined => one.webhooks.states[0]?.troubles.dropped;
    const outboxes = (): number => redis.command('--scan', '--pattern', '*:outbox').split('\n').length;
    refusing.add(badUrl);
    await one.join('a', 'oldest');
    await waitUntil('it fails', () => one.webhooks.states.some(({ lastError }) => !!lastError));
    const ids = Array.from({ length: mostPending - 1 }, (_, at) => `b${at}`);
    await one.join(ids, 'long');
    await one.join('c', 'newest');
    await waitUntil('the oldest is dropped', () => dropped() === 1 && outboxes() === 2);
  });

  test('that Redis had no room for are counted by who reads the outbox next', async () => {
    redis.command('HSET', `session-connection-count:{${tagOf('lobby')}}:outbox:marks`, 'dropped', '7');
    const one = await member([goodUrl]);
    await one.join('a');
    await untilTold(1);
    assert.equal(one.webhooks.states[0]!.troubles.dropped, 7);
  });

  test('go on where Redis failed at reading and emptying outboxes', async () => {
    let failures = 0;
    const one = await member([goodUrl], {
      change: ({ outbox }) => {
        for (const name of ['waiting', 'read', 'settle'] as const) {
          const action = outbox[name].bind(outbox) as (...args: unknown[]) => Promise<never>;
          let left = 2;
          outbox[name] = async (...args: unknown[]) => {
            if (left-- > 0) throw new Error(`${name} failed ${++failures} times`);
            return action(...args);
          };
        }
      },
    });
    await one.join('a');
    await one.join('b', 'another session');
    await untilEmpty();
    assert.equal(failures, 6);
    assert.deepEqual(told.sort(), ['good.example connectionCreated a', 'good.example connectionCreated b']);
  });

  test(`are for ${mostCallbacks} callbacks on all processes together, settings included`, async () => {
    const one = await member([goodUrl]);
    const other = await member([]);
    for (let number = 2; number < mostCallbacks; number++) {
      const { webhooks } = number % 2 ? one : other;
      assert.ok(await webhooks.register('created', new URL(`https://example.com/${number}`)), `${number}`);
    }
    for (const { webhooks } of [one, other]) {
      assert.equal(await webhooks.register('created', new URL('https://example.com/more')), undefined);
      assert.equal(webhooks.callbacks.length, mostCallbacks);
      // What is registered already is no more.
      assert.ok(await webhooks.register('created', new URL('https://example.com/2')));
      assert.equal((await webhooks.register('destroyed', new URL(goodUrl)))!.isSetting, true);
    }
  });

  test('go no more to the URL of a setting when no process has it', async () => {
    const one = await member([goodUrl]);
    const other = await member([]);
    assert.equal(other.webhooks.callbacks.length, 2);
    await one.close();
    await waitUntil('it is forgotten', () => !other.webhooks.callbacks.length);
    await other.join('a');
    await untilEmpty();
    assert.deepEqual(told, []);
  });
});
