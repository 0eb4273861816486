import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import type { Connection } from '../../src/protocol/index.js';
import { MemoryEngine, Roster, type RecordedChange } from '../../src/server/roster/index.js';

suite('an outbox', () => {
  let now = 1_000;
  let engine: MemoryEngine;
  let roster: Roster;
  let changes: RecordedChange[];
  let stop: () => void;
  beforeEach(() => {
    const clock = (): number => now;
    engine = new MemoryEngine({ lease: 5_000, now: clock });
    roster = new Roster({ engine, lease: 5_000, now: clock });
    changes = [];
    stop = engine.record({ append: (change) => changes.push(change) });
  });

  const join = async (sessionId: string, data: string): Promise<Connection> => {
    const connection = roster.newConnection(data);
    roster.add(sessionId, connection);
    await roster.write(sessionId);
    return connection;
  };

  test('gets each change once, with all of who came and who left, watched or not', async () => {
    roster.watch('watched', () => {});
    roster.watch('watched', () => {});
    for (const sessionId of ['watched', 'unwatched']) {
      const ada = await join(sessionId, 'name=Ada');
      const bob = await join(sessionId, 'name=Bob');
      roster.remove(sessionId, ada.connectionId, 'forceDisconnected');
      await roster.write(sessionId);
      const [{ epoch }] = changes as [RecordedChange];
      assert.deepEqual(changes, [
        { sessionId, epoch, seq: 1, count: 1, created: [ada], destroyed: [] },
        { sessionId, epoch, seq: 2, count: 2, created: [bob], destroyed: [] },
        {
          sessionId,
          epoch,
          seq: 3,
          count: 1,
          created: [],
          destroyed: [{ reason: 'forceDisconnected', connections: [ada] }],
        },
      ]);
      changes.length = 0;
    }
  });

  test('gets one change with all connections of a process that died', async () => {
    const dead = [await join('lobby', '1'), await join('lobby', '2')];
    changes.length = 0;
    now += 10_000;
    await engine.reap();
    await engine.reap();
    assert.equal(changes.length, 1);
    assert.equal(changes[0]!.count, 0);
    assert.deepEqual(changes[0]!.destroyed, [{ reason: 'networkDisconnected', connections: dead }]);
  });

  test('gets nothing of who came and left between two writes, and nothing after its end', async () => {
    const connection = roster.newConnection('');
    roster.add('lobby', connection);
    roster.remove('lobby', connection.connectionId, 'clientDisconnected');
    await roster.write('lobby');
    stop();
    await join('lobby', '');
    assert.deepEqual(changes, []);
  });
});
