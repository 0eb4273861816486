import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RunningTotal, type Connection } from '../../src/session/index.js';

const connection = (connectionId: string): Connection => ({ connectionId, creationTime: 0, data: '' });
const [a, b, c] = ['a', 'b', 'c'].map(connection) as [Connection, Connection, Connection];

suite('the running total', () => {
  test('is unknown at first, not 0', () => {
    const total = new RunningTotal();
    assert.equal(total.count, undefined);
    assert.equal(total.connections, undefined);
  });

  test('is the size of the list where there is no number of a server', () => {
    const total = new RunningTotal();
    assert.deepEqual(total.replace([a, b]).created, [a, b]);
    assert.equal(total.count, 2);
  });

  test('adds and removes each connection once, however often it is told', () => {
    const total = new RunningTotal();
    total.replace([a]);
    assert.deepEqual(total.apply([b, a], []).created, [b]);
    assert.deepEqual(total.apply([b], []).created, []);
    const gone = [{ reason: 'clientDisconnected' as const, connections: ['a', 'unknown'] }];
    assert.deepEqual(total.apply([], gone).destroyed, [{ reason: 'clientDisconnected', connections: [a] }]);
    assert.deepEqual(total.apply([], gone).destroyed, []);
    assert.equal(total.count, 1);
  });

  test('tells what a whole list changed, with the one reason that can be inferred', () => {
    const total = new RunningTotal();
    total.replace([a, b]);
    assert.deepEqual(total.replace([b, c]), {
      created: [c],
      destroyed: [{ reason: 'networkDisconnected', connections: [a] }],
    });
    assert.deepEqual([...total.connections!.keys()].sort(), ['b', 'c']);
  });

  test("takes the server's number only where it is later", () => {
    const total = new RunningTotal();
    assert.equal(total.advance({ epoch: 2, seq: 5 }, 7), true);
    for (const [epoch, seq] of [
      [2, 5],
      [2, 4],
      [1, 99],
    ] as const) {
      assert.equal(total.advance({ epoch, seq }, 0), false);
    }
    assert.equal(total.count, 7);
    assert.equal(total.advance({ epoch: 3, seq: 0 }, 1), true);
    assert.equal(total.count, 1);
  });

  test('is replaced by the answer to a join, whatever was known', () => {
    const total = new RunningTotal();
    total.advance({ epoch: 9, seq: 9 }, 9);
    total.restart({ epoch: 1, seq: 1 }, 1);
    assert.equal(total.count, 1);
    assert.deepEqual(total.version, { epoch: 1, seq: 1 });
  });
});
