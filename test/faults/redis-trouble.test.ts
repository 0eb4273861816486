import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { withoutRedis } from '../redis/redis-server.js';
import { measured, withSlack } from './bounds.js';
import { FailingRedis, redisFaults } from './redis-faults.js';
import { SocketlessProcess, Visitor } from './socketless-process.js';
import { waitUntil } from './wait-until.js';

/** How long a Redis fails at least, in ms: shorter than a lease. And when clients come, who wait for 5 s to be let in. */
const failing = 2_500;
const joining = 1_500;
/** When the truth is to be shown after that, in ms. */
const bound = 2_000;

suite('processes whose Redis', { skip: withoutRedis(), concurrency: 4 }, () => {
  for (const fault of redisFaults) {
    test(`${fault.name} keep their clients, and lose nothing of what happens meanwhile (R7)`, async (t) => {
      const redis = await new FailingRedis().start();
      t.after(() => redis.remove());
      const processes = [new SocketlessProcess(redis.url), new SocketlessProcess(redis.url)];
      await Promise.all(processes.map((process) => process.start()));
      t.after(() => Promise.all(processes.map((process) => process.stop())));
      const watching = { observe: true, detail: 'connections' } as const;
      const join = (): Visitor[] =>
        processes.flatMap((each) => [new Visitor(each, 'lobby'), new Visitor(each, 'lobby')]);
      const [leaving, staying] = [join(), join()];
      await Promise.all([...leaving, ...staying].map((visitor) => visitor.joined()));
      const observers = await Promise.all(
        processes.map((each) => new Visitor(each, 'lobby', watching).joined()),
      );
      const shows = (present: readonly Visitor[]) => (): boolean =>
        observers.every(({ view }) => {
          const { connections } = view.total;
          const isAll = present.every(({ connectionId }) => connections?.has(connectionId!));
          return (
            isAll && connections?.size === present.length && view.count === present.length && !view.stale
          );
        });
      await waitUntil('all are shown', shows([...leaving, ...staying]));

      await fault.begin(redis);
      const began = performance.now();
      for (const visitor of leaving) visitor.leave();
      await wait(began + joining - performance.now());
      const coming = join();
      await wait(began + failing - performance.now());
      await fault.end(redis);
      const healed = performance.now();
      const present = [...staying, ...coming];
      await waitUntil('the truth is shown', shows(present), withSlack(bound));
      t.diagnostic(measured(`the truth after a Redis that ${fault.name}`, performance.now() - healed, bound));

      const all = [...leaving, ...staying, ...coming, ...observers];
      assert.deepEqual(
        all.filter(({ closed }) => closed !== undefined),
        [],
      );
      const left = leaving.map(({ connectionId }) => connectionId).sort();
      for (const { destroyed } of observers) assert.deepEqual([...destroyed].sort(), left);
    });
  }
});
