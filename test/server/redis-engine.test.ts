import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from '../../src/protocol/index.js';
import { EngineError, Roster, type RosterChange } from '../../src/server/roster/index.js';
import { RedisEngine, redisAddress } from '../../src/server/roster/redis/index.js';
import { SentinelGroup } from '../redis/redis-group.js';
import { RedisServer, withoutRedis } from '../redis/redis-server.js';

const skip = withoutRedis();
const engines: RedisEngine[] = [];
after(() => engines.forEach((engine) => engine.close()));

async function engineAt(url: string, lease = 600_000): Promise<RedisEngine> {
  const engine = new RedisEngine({ address: redisAddress(url), lease });
  engines.push(engine);
  await engine.open();
  return engine;
}

/** A process's roster, and who it let into a session. */
async function process(engine: RedisEngine, lease?: number): Promise<{ roster: Roster; join: Join }> {
  const roster = new Roster({ engine, ...(lease !== undefined && { lease }) });
  await roster.renew();
  const join: Join = async (sessionId) => {
    const connection = roster.newConnection('');
    roster.add(sessionId, connection);
    await roster.write(sessionId);
    return connection;
  };
  return { roster, join };
}
type Join = (sessionId: string) => Promise<Connection>;

const heard = (engine: RedisEngine, sessionId: string, count: number): Promise<RosterChange> =>
  new Promise((resolve) => engine.watch(sessionId, (change) => change.count === count && resolve(change)));

/** Does it again until it succeeds, as whoever needs the engine does. */
async function again<Value>(action: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      assert.ok(error instanceof EngineError, String(error));
      await wait(20);
    }
  }
}

suite('rosters on a Redis that fails', { skip }, () => {
  const server = new RedisServer();
  before(() => server.start());
  after(() => server.remove());

  test('leave no key there that never expires', async () => {
    const engine = await engineAt(server.url);
    const [living, dead] = [await process(engine), await process(engine)];
    await living.join('expiring');
    await dead.join('expiring');
    const ids = server
      .command('ZRANGE', 'session-connection-count:{processes}:leases', '0', '-1')
      .split('\n');
    server.command('ZADD', 'session-connection-count:{processes}:leases', '1', ids[1]!);
    await engine.reap();
    const keys = server.command('KEYS', '*').split('\n');
    assert.ok(keys.length > 6, String(keys));
    for (const key of keys) assert.ok(Number(server.command('PTTL', key)) > 0, key);
    server.command('FLUSHALL');
  });

  test('tell a process that its last renewals were lost, as by a failover', async () => {
    const engine = await engineAt(server.url);
    assert.equal(await engine.renew('process'), 'taken');
    const leases = 'session-connection-count:{processes}:leases';
    const until = Number(server.command('ZSCORE', leases, 'process'));
    server.command('ZADD', leases, `${until - 1}`, 'process');
    assert.equal(await engine.renew('process'), 'behind');
    assert.equal(await engine.renew('process'), 'held');
    server.command('FLUSHALL');
  });

  test('need no script to be there', async () => {
    const engine = await engineAt(server.url);
    const { join, roster } = await process(engine);
    await join('scripts');
    server.command('SCRIPT', 'FLUSH');
    await join('scripts');
    assert.equal((await roster.read('scripts')).count, 2);
  });

  test('hear of changes again when the connection for them was cut', async () => {
    const engine = await engineAt(server.url);
    const { join } = await process(engine);
    const second = heard(engine, 'cut', 2);
    await join('cut');
    assert.ok(Number(server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')) > 0);
    while (!server.command('PUBSUB', 'SHARDCHANNELS')) await wait(20);
    await join('cut');
    assert.equal((await second).seq, 2);
  });

  test('write nothing later that could not be written in its time', async () => {
    const engine = await engineAt(server.url);
    await engine.renew('a');
    const batch = {
      sessionId: 'late',
      incarnation: 'a',
      number: 1,
      created: [{ connectionId: 'a.1', creationTime: 1, data: '' }],
      destroyed: [],
      whole: false,
      seen: { epoch: 0, seq: 0 },
    };
    server.save();
    await server.stop('SIGKILL');
    await assert.rejects(engine.apply(batch), EngineError);
    // Known to be away by now: it doesn't even try.
    await assert.rejects(engine.apply(batch), /away/);
    await server.start();
    assert.equal((await again(() => engine.read('late'))).count, 0);
    assert.equal((await again(() => engine.apply(batch)))!.count, 1);
  });

  test('are given up on where there is no answer, and found again', async () => {
    const engine = await engineAt(server.url);
    const { join, roster } = await process(engine);
    await join('frozen');
    server.freeze(true);
    await assert.rejects(engine.read('frozen'), EngineError);
    server.freeze(false);
    await join('frozen');
    assert.equal((await again(() => roster.read('frozen'))).count, 2);
  });

  test('lose nobody where the Redis was away for longer than a lease and kept its data', async () => {
    const lease = 300;
    const [one, other] = [await engineAt(server.url, lease), await engineAt(server.url, lease)];
    const [here, there] = [await process(one, lease), await process(other, lease)];
    const connection = await here.join('kept');
    server.save();
    await server.stop('SIGKILL');
    await wait(2 * lease);
    await server.start();
    // The other is back first, and looks for dead ones as soon as it can.
    await again(() => there.roster.renew());
    await there.roster.reap();
    await again(() => here.roster.renew());
    const { connections } = await here.roster.list('kept');
    assert.deepEqual(connections, [connection]);
  });

  test('have whoever left meanwhile taken out, and nobody twice', async () => {
    const engine = await engineAt(server.url);
    const { join, roster } = await process(engine);
    const [gone, stays] = [await join('left'), await join('left')];
    server.save();
    await server.stop('SIGKILL');
    roster.remove('left', gone.connectionId, 'clientDisconnected');
    const written = roster.write('left');
    await server.start();
    assert.equal((await written).count, 1);
    const { connections } = await again(() => roster.list('left'));
    assert.deepEqual(connections, [stays]);
  });
});

suite('rosters on a Redis with sentinels', { skip }, () => {
  const group = new SentinelGroup();
  before(() => group.start());
  after(() => group.remove());

  test('go on at the replica when the master died', async () => {
    const engine = await engineAt(group.url);
    const { join, roster } = await process(engine);
    const first = await join('lobby');
    assert.ok(Number(group.master.command('WAIT', '1', '5000')) >= 1);
    await group.master.stop('SIGKILL');
    const next = heard(engine, 'lobby', 2);
    const second = await join('lobby');
    assert.deepEqual((await next).created, [second]);
    const { connections } = await again(() => roster.list('lobby'));
    assert.deepEqual(
      connections.map(({ connectionId }) => connectionId).sort(),
      [first, second].map(({ connectionId }) => connectionId).sort(),
    );
  });
});
