import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { parseServerFrame, type ServerFrame } from '../../src/protocol/index.js';
import { waitUntil } from '../faults/wait-until.js';
import { LiveSessions, type Joining, type Outlet } from '../../src/server/live-session/index.js';

suite('a live session', () => {
  let live: LiveSessions;
  beforeEach(() => {
    live = new LiveSessions();
  });
  afterEach(() => live.close());

  let keys = 0;
  const joining = (more: Partial<Joining> = {}): Joining => ({
    key: `key ${++keys}`,
    attempt: 1,
    role: 'subscriber',
    data: '',
    observe: false,
    detail: 'count',
    mayList: true,
    ...more,
  });
  const outletTo = (send: (frame: ServerFrame) => void): Outlet => ({
    send: (frame) => send(parseServerFrame(frame)),
    close: () => {},
    blocked: false,
  });

  /** Joins and gives the count that the answer has. */
  const count = (more?: Partial<Joining>): Promise<number> =>
    new Promise((resolve) => {
      live.open('lobby').join(
        outletTo((frame) => frame.type === 'joined' && resolve(frame.count)),
        joining(more),
      );
    });

  test('is none any more when its last connection went elsewhere while something was to be written', async () => {
    const session = live.open('lobby');
    const key = 'key';
    await count({ key });
    const [connection] = await live.list('lobby');
    // That it came back is to be written.
    await count({ key, attempt: 2 });
    session.letGo([connection!.connectionId], 4409);
    await waitUntil('the session is gone', () => !live.size);
  });

  for (const observe of [false, true]) {
    test(`does not count who leaves before the join is done (${observe ? 'observed' : 'alone'})`, async () => {
      if (observe) await count({ observe });
      const session = live.open('lobby');
      const watcher = session.join(
        outletTo(() => assert.fail('it was answered')),
        joining(),
      );
      session.leave(watcher, 1000, performance.now());
      assert.equal(await count(), 1);
      assert.equal((await live.list('lobby')).length, 1);
    });
  }
});
