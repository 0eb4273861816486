import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RosterView } from '../../src/client/roster-view.js';
import type { ChangeFrame, JoinedFrame, SnapshotFrame } from '../../src/protocol/index.js';

const joined = (epoch: number, seq: number, count: number): JoinedFrame => ({
  type: 'joined',
  role: 'subscriber',
  resumed: false,
  epoch,
  seq,
  count,
  heartbeat: 25_000,
});
const connection = (connectionId: string) => ({ connectionId, creationTime: 0, data: '' });
const snapshot = (seq: number, ids: string[], page = 0, pages = 1): SnapshotFrame => ({
  type: 'snapshot',
  epoch: 1,
  seq,
  count: 3,
  connections: ids.map(connection),
  page,
  pages,
});
const change = (from: number, seq: number, created: string[]): ChangeFrame => ({
  type: 'change',
  epoch: 1,
  from,
  seq,
  count: 4,
  created: created.map(connection),
  destroyed: [],
});

suite("a client's view of a roster", () => {
  test('shows the number from before a restart, as old, until the new roster reaches it', () => {
    const view = new RosterView();
    view.join(joined(1, 5, 10), true);
    view.join(joined(2, 1, 1), true);
    assert.deepEqual([view.count, view.stale], [10, true]);
    view.receive({ type: 'count', epoch: 2, seq: 9, count: 9 });
    assert.deepEqual([view.count, view.stale], [10, true]);
    view.receive({ type: 'count', epoch: 2, seq: 10, count: 10 });
    assert.deepEqual([view.count, view.stale], [10, false]);
    view.receive({ type: 'count', epoch: 2, seq: 11, count: 3 });
    assert.equal(view.count, 3);
  });

  test('gives the new number where it is told not to hold, or to hold no longer', () => {
    const view = new RosterView();
    view.join(joined(1, 5, 10), true);
    view.join(joined(2, 1, 1), false);
    assert.equal(view.count, 1);
    view.join(joined(3, 1, 0), true);
    assert.equal(view.count, 1);
    view.release();
    assert.deepEqual([view.count, view.stale], [0, false]);
  });

  test('does not hold a number within one life of a roster', () => {
    const view = new RosterView();
    view.join(joined(1, 5, 10), true);
    view.join(joined(1, 9, 2), true);
    assert.equal(view.count, 2);
  });

  test('is stale from when the server says so to the next number', () => {
    const view = new RosterView();
    view.join(joined(1, 1, 1), true);
    view.receive({ type: 'count', epoch: 1, seq: 1, count: 1, stale: true });
    assert.equal(view.stale, true);
    view.receive({ type: 'count', epoch: 1, seq: 1, count: 1 });
    assert.equal(view.stale, false);
  });

  test('applies the pages of a list as one, in any order, twice or not', () => {
    const view = new RosterView();
    view.listed = true;
    view.join(joined(1, 3, 3), true);
    assert.equal(view.receive(snapshot(3, ['c'], 1, 2)), undefined);
    assert.equal(view.receive(snapshot(3, ['c'], 1, 2)), undefined);
    assert.equal(view.total.connections, undefined);
    view.receive(snapshot(3, ['a', 'b'], 0, 2));
    assert.deepEqual([...view.total.connections!.keys()].sort(), ['a', 'b', 'c']);
  });

  test('takes a change that follows, and asks where one is missing', () => {
    const view = new RosterView();
    view.listed = true;
    view.join(joined(1, 3, 3), true);
    view.receive(snapshot(3, ['a', 'b', 'c']));
    assert.deepEqual(view.receive(change(3, 4, ['d']))?.created, [connection('d')]);
    assert.equal(view.behind, false);
    assert.equal(view.receive(change(5, 6, ['f'])), undefined);
    assert.equal(view.behind, true);
    assert.deepEqual(view.syncVersion, { epoch: 1, seq: 4 });
    assert.equal(view.receive(change(3, 4, ['d'])), undefined);
    assert.equal(view.behind, false);
  });

  test('goes on with the number alone where the server stops giving lists', () => {
    const view = new RosterView();
    view.listed = true;
    view.join(joined(1, 3, 3), true);
    view.receive(snapshot(3, ['a', 'b', 'c']));
    view.receive({ type: 'detail', detail: 'count' });
    assert.equal(view.total.connections, undefined);
    assert.equal(view.listDue, false);
    assert.equal(view.count, 3);
  });
});
