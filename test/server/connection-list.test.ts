import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseServerFrame, type ConnectionReason, type ServerFrame } from '../../src/protocol/index.js';
import { ConnectionList } from '../../src/server/live-session/connection-list.js';

const connection = (connectionId: string, data = '') => ({ connectionId, creationTime: 0, data });
const epoch = 7;
const list = (...ids: string[]): ConnectionList =>
  new ConnectionList({ epoch, seq: 10, count: ids.length, connections: ids.map((id) => connection(id)) });
const change = (
  from: number,
  { created = [], destroyed = [] }: { created?: string[]; destroyed?: string[] },
  reason: ConnectionReason = 'clientDisconnected',
) => ({
  epoch,
  from,
  seq: from + 1,
  count: 1,
  created: created.map((id) => connection(id)),
  destroyed: destroyed.length ? [{ reason, connections: destroyed }] : [],
});
const read = (frames: string[]): ServerFrame[] => frames.map(parseServerFrame);

suite('the list that watchers are told of', () => {
  test('tells of several changes as one, and not of who came and went in between', () => {
    const told = list('a');
    for (const step of [
      change(10, { created: ['b', 'c'] }),
      change(11, { destroyed: ['b'] }),
      change(12, { destroyed: ['a'] }, 'forceDisconnected'),
    ]) {
      assert.ok(told.receive(step));
    }
    assert.equal(told.step(), 2);
    assert.deepEqual(read(told.framesSince({ epoch, seq: 10 })), [
      {
        type: 'change',
        epoch,
        from: 10,
        seq: 13,
        count: 1,
        created: [connection('c')],
        destroyed: [{ reason: 'forceDisconnected', connections: ['a'] }],
      },
    ]);
    assert.equal(told.size, 1);
  });

  test('notices a change that is missing, and takes one twice for once', () => {
    const told = list('a');
    assert.ok(told.receive(change(10, { created: ['b'] })));
    assert.ok(told.receive(change(10, { created: ['b'] })));
    assert.ok(!told.receive(change(12, { created: ['d'] })));
    assert.equal(told.step(), 1);
  });

  test('gives the changes that a watcher missed, or the whole where it has too few', () => {
    const told = list('a');
    for (let seq = 10; seq < 14; seq++) {
      told.receive(change(seq, { created: [`b${seq}`] }));
      told.step();
    }
    assert.deepEqual(
      read(told.framesSince({ epoch, seq: 12 })).map((frame) => frame.type === 'change' && frame.from),
      [12, 13],
    );
    for (const version of [undefined, { epoch, seq: 9 }, { epoch: 6, seq: 12 }]) {
      const [snapshot, ...more] = read(told.framesSince(version));
      assert.deepEqual(more, []);
      assert.ok(snapshot?.type === 'snapshot' && snapshot.connections.length === 5 && snapshot.seq === 14);
    }
  });

  test('forgets old changes', () => {
    const told = list();
    for (let seq = 10; seq < 110; seq++) {
      told.receive(change(seq, { created: [`b${seq}`] }));
      told.step();
    }
    assert.equal(read(told.framesSince({ epoch, seq: 10 }))[0]!.type, 'snapshot');
    assert.equal(read(told.framesSince({ epoch, seq: 109 }))[0]!.type, 'change');
  });

  test('gives the whole in pages of at most 32 KiB', () => {
    const connections = Array.from({ length: 100 }, (_, index) => connection(`c${index}`, 'd'.repeat(1_000)));
    const frames = new ConnectionList({ epoch, seq: 1, count: 100, connections }).framesSince(undefined);
    assert.ok(frames.every((frame) => frame.length <= 32 * 1024));
    const pages = read(frames).filter((frame) => frame.type === 'snapshot');
    assert.deepEqual(
      pages.map(({ page }) => page),
      pages.map((_, index) => index),
    );
    assert.ok(pages.every((page) => page.pages === pages.length));
    assert.deepEqual(
      pages.flatMap((page) => page.connections),
      connections,
    );
  });
});
