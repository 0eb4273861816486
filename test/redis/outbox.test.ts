import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Connection } from '../../src/protocol/connection.js';
import type { RedisEngine } from '../../src/server/roster/redis/index.js';
import { tagOf } from '../../src/server/roster/redis/keys.js';
import type { RosterBatch } from '../../src/server/roster/roster-engine.js';
import { adminLine, advisedConfiguration, advisedUser, asAdmin, asAdvisedUser } from './advised-user.js';
import { ClusterGroup } from './redis-group.js';
import { RedisServer, withoutRedis } from './redis-server.js';
import { redisEngines, type EngineGroup } from './roster-engines.js';

const skip = withoutRedis();
let names = 0;
/** A name that no other test uses. */
const unused = (what: string): string => `${what} ${++names}`;

const connection = (connectionId: string, data = ''): Connection => ({
  connectionId,
  creationTime: 1_795_477_975_816,
  data,
});

let batches = 0;
const batch = (sessionId: string, incarnation: string, more: Partial<RosterBatch>): RosterBatch => ({
  sessionId,
  incarnation,
  number: ++batches,
  created: [],
  destroyed: [],
  whole: false,
  seen: { epoch: 0, seq: 0 },
  ...more,
});

/** Runs a command on a server of a Redis, as somebody who may. */
type Run = (...command: string[]) => string;

/** Tests the outboxes of a Redis' rosters. */
function testOutboxes(
  name: string,
  start: () => Promise<{ url: string; servers: readonly Run[]; remove: () => Promise<void> }>,
): void {
  suite(`outboxes on ${name}`, { skip }, () => {
    let redis: Awaited<ReturnType<typeof start>>;
    let group: EngineGroup;
    let one: RedisEngine;
    let other: RedisEngine;
    before(async () => {
      redis = await start();
      group = redisEngines(redis.url, (...command) => redis.servers.map((run) => run(...command)));
      [one, other] = [(await group.engine()) as RedisEngine, (await group.engine()) as RedisEngine];
      for (const { outbox } of [one, other]) outbox.isWanted = true;
    });
    after(async () => {
      await group?.end();
      await redis?.remove();
    });

    const changesOf = async (sessionId: string) =>
      (await other.outbox.read(tagOf(sessionId), undefined, 1_000)).changes;
    /** The number of the note that a session's outbox has something. */
    const noteOf = async (sessionId: string): Promise<number | undefined> =>
      new Map(await other.outbox.waiting(0)).get(tagOf(sessionId));

    test('keep each change once, in order, whoever made it', async () => {
      const session = unused('{session} "');
      const process = unused('process');
      await one.renew(process);
      const given = [connection('a', 'é"'), connection('b'), connection('c')];
      const { epoch } = (await one.apply(batch(session, process, { created: given })))!;
      const destroyed = [{ reason: 'clientDisconnected' as const, connections: ['a', 'nobody'] }];
      await one.apply(batch(session, process, { destroyed }));
      await one.apply(batch(session, process, { destroyed }));
      await group.runOut();
      await Promise.all([other.reap(), one.reap()]);
      const changes = await changesOf(session);
      const last = changes.at(-1)!.change.destroyed[0]!.connections as Connection[];
      last.sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
      assert.deepEqual(
        changes.map(({ change }) => change),
        [
          { sessionId: session, epoch, seq: 1, count: 3, created: given, destroyed: [] },
          {
            sessionId: session,
            epoch,
            seq: 2,
            count: 2,
            created: [],
            destroyed: [{ reason: 'clientDisconnected', connections: [given[0]] }],
          },
          {
            sessionId: session,
            epoch,
            seq: 3,
            count: 0,
            created: [],
            destroyed: [{ reason: 'networkDisconnected', connections: given.slice(1) }],
          },
        ],
      );
    });

    test('keep nothing where nobody wants it', async () => {
      const session = unused('session');
      one.outbox.isWanted = false;
      await one.apply(batch(session, unused('process'), { created: [connection('a')] }));
      one.outbox.isWanted = true;
      assert.deepEqual(await changesOf(session), []);
      assert.equal(await noteOf(session), undefined);
    });

    test('are noted by who takes a dead process out, where it did not live to do so', async () => {
      const session = unused('session');
      const process = unused('process');
      await one.renew(process);
      await one.apply(batch(session, process, { created: [connection('a')] }));
      await one.outbox.note(tagOf(session));
      await one.outbox.forget(tagOf(session), (await noteOf(session))!);
      assert.equal(await noteOf(session), undefined);
      await group.runOut();
      await other.reap();
      assert.ok((await noteOf(session))! > 0);
    });

    test('stay noted where they got something since they were read', async () => {
      const tag = tagOf(unused('session'));
      await one.outbox.note(tag);
      const [first] = [...(await other.outbox.waiting(0))].filter(([each]) => each === tag);
      await one.outbox.note(tag);
      const [second] = await other.outbox.waiting(first![1]);
      assert.equal(second![0], tag);
      await other.outbox.forget(tag, first![1]);
      assert.deepEqual(await other.outbox.waiting(first![1]), [second]);
      await other.outbox.forget(tag, second![1]);
      assert.deepEqual(await other.outbox.waiting(first![1]), []);
    });

    test('lose what was settled, and nothing else', async () => {
      const session = unused('session');
      const process = unused('process');
      for (const id of ['a', 'b', 'c']) {
        await one.apply(batch(session, process, { created: [connection(id)] }));
      }
      const tag = tagOf(session);
      const [first, second, third] = await changesOf(session);
      await other.outbox.settle(tag, first!.id, new Map([['url', second!.id]]));
      const left = await other.outbox.read(tag, undefined, 1_000);
      assert.deepEqual(left.changes, [second, third]);
      assert.deepEqual([...left.marks], [['url', second!.id]]);
      await other.outbox.settle(tag, third!.id, new Map());
      const nothing = await other.outbox.read(tag, undefined, 1_000);
      assert.deepEqual([nothing.changes, nothing.marks.size], [[], 0]);
    });

    test('drop what they have at 20,000 changes, and say so once', async () => {
      const session = unused('session');
      const process = unused('process');
      await one.apply(batch(session, process, { created: [connection('a')] }));
      const key = `session-connection-count:{${tagOf(session)}}:outbox`;
      const fill =
        "for number = 2, 20000 do redis.call('XADD', KEYS[1], '*', 'change', '{}') end return redis.call('XLEN', KEYS[1])";
      const filled = redis.servers.map((run) => run('EVAL', fill, '1', key));
      assert.ok(filled.includes('20000'), String(filled));
      await one.apply(batch(session, process, { created: [connection('b')] }));
      const { changes, dropped } = await other.outbox.read(tagOf(session), undefined, 1_000);
      assert.deepEqual([dropped, changes.map(({ change }) => change.seq)], [20_000, [2]]);
      assert.equal((await other.outbox.read(tagOf(session), undefined, 1_000)).dropped, 0);
    });

    test('leave no key that never expires', async () => {
      const left = redis.servers.flatMap((run) =>
        run('--scan')
          .split('\n')
          .filter((key) => key && Number(run('PTTL', key)) < 0),
      );
      assert.deepEqual(left, []);
    });
  });
}

testOutboxes('Redis', async () => {
  const server = await new RedisServer([], () => advisedConfiguration + adminLine).start();
  const run = (...command: string[]): string => server.command(...asAdmin, ...command);
  return { url: asAdvisedUser(server.url), servers: [run], remove: () => server.remove() };
});

testOutboxes('Redis Cluster', async () => {
  const cluster = await new ClusterGroup().start();
  for (const node of cluster.nodes) node.command('ACL', 'SETUSER', ...advisedUser);
  const servers = cluster.nodes.map(
    (node) =>
      (...command: string[]) =>
        node.command(...command),
  );
  return { url: asAdvisedUser(cluster.url), servers, remove: () => cluster.remove() };
});
