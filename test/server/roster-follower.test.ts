import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RosterFollower, type RosterFollowerOptions } from '../../src/server/live-session/roster-follower.js';
import type { RosterStep } from '../../src/server/roster/index.js';

const connection = (connectionId: string) => ({ connectionId, creationTime: 1, data: '' });
const step = (seq: number, more: Partial<RosterStep> = {}): RosterStep => ({
  epoch: 1,
  from: seq - 1,
  seq,
  count: seq,
  created: [connection(`connection ${seq}`)],
  destroyed: [],
  ...more,
});

/** A follower, and what its roster says. */
function follow() {
  const news: boolean[] = [];
  const said = { state: { epoch: 1, seq: 1, count: 1 }, settled: true, reachable: true };
  let [tell, doubt] = [(_: RosterStep): void => {}, (): void => {}];
  const roster: RosterFollowerOptions['roster'] = {
    watch: (_, listener, onDoubt) => {
      [tell, doubt] = [listener, onDoubt!];
      return () => {};
    },
    read: async () => said.state,
    list: async () => ({ ...said.state, connections: [connection('connection 1')] }),
    isSettled: () => said.settled,
    isReachable: () => said.reachable,
  };
  const onNews = (urgent: boolean): void => void news.push(urgent);
  const follower = new RosterFollower({ sessionId: 'lobby', roster, onNews });
  return { follower, news, said, tell: (news: RosterStep) => tell(news), doubt: () => doubt() };
}

suite('what follows a roster', () => {
  test('has news of who came where the number was known before', async () => {
    const { follower, news, tell } = follow();
    await follower.ready;
    follower.wantList();
    await new Promise(setImmediate);
    follower.advance({ epoch: 1, seq: 2, count: 2 });
    news.length = 0;
    tell(step(2));
    assert.deepEqual(news, [false]);
    assert.equal(follower.list!.step(), 1);
    // One that was missed leaves no list, which has to be loaded anew.
    follower.advance({ epoch: 1, seq: 4, count: 4 });
    news.length = 0;
    tell(step(4, { from: 4, created: [] }));
    assert.deepEqual([news, follower.list], [[false], undefined]);
  });

  test('has no number before the roster is whole', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { follower, said } = follow();
    said.settled = false;
    let ready = false;
    void follower.ready.then(() => (ready = true));
    await new Promise(setImmediate);
    assert.equal(ready, false);
    said.settled = true;
    said.state = { epoch: 1, seq: 2, count: 2 };
    context.mock.timers.tick(250);
    await follower.ready;
    assert.equal(follower.state.count, 2);
  });

  test('keeps the last number of a whole roster as stale until there is another', async () => {
    const { follower, news, said, tell, doubt } = follow();
    await follower.ready;
    said.settled = false;
    tell(step(1, { epoch: 2, from: 0, count: 5 }));
    assert.deepEqual([follower.state.count, follower.stale], [1, true]);
    news.length = 0;
    doubt();
    assert.deepEqual([follower.stale, news], [true, [false]]);
    said.settled = true;
    doubt();
    assert.deepEqual([follower.state.count, follower.stale], [5, false]);
  });

  test('is stale while the roster is out of reach', async () => {
    const { follower, news, said, doubt } = follow();
    await follower.ready;
    news.length = 0;
    said.reachable = false;
    doubt();
    assert.deepEqual([follower.stale, news], [true, [false]]);
  });
});
