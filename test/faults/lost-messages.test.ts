import assert from 'node:assert/strict';
import { after, before, suite, test, type TestContext } from 'node:test';
import { numbers } from '../model/world.js';
import { withoutRedis } from '../redis/redis-server.js';
import { measured, withSlack } from './bounds.js';
import { FailingRedis } from './redis-faults.js';
import { SocketlessProcess, Visitor } from './socketless-process.js';
import { losing, type Tamper } from './tampered-engine.js';
import { waitUntil } from './wait-until.js';

const random = numbers(20_261_124);
/** Between two comparisons with the roster, in ms, and how long what was said last may be on its way. */
const bound = 2_500 + 500;

suite('a process that hears no messages of others', { skip: withoutRedis() }, () => {
  const redis = new FailingRedis();
  before(() => redis.start());
  after(() => redis.remove());

  /** Some who observe a session on a process to which bad things happen, and a way to let others come and go. */
  async function scene(t: TestContext, tamper?: Tamper) {
    const [deaf, other] = [new SocketlessProcess(redis.url, tamper), new SocketlessProcess(redis.server.url)];
    for (const process of [deaf, other]) {
      await process.start();
      t.after(() => process.stop());
    }
    const [number, list] = (['count', 'connections'] as const).map(
      (detail) => new Visitor(deaf, t.name, { observe: true, detail }),
    ) as [Visitor, Visitor];
    const present: Visitor[] = [];
    const churn = async (): Promise<void> => {
      for (let count = 0; count < 3; count++) present.push(await new Visitor(other, t.name).joined());
      present.shift()!.leave();
    };
    const truth = async (what: string): Promise<void> => {
      const took = await waitUntil(
        'the truth is shown',
        () => {
          const connections = list.view.total.connections;
          return (
            number.view.count === present.length &&
            connections?.size === present.length &&
            present.every(({ connectionId }) => connections.has(connectionId!))
          );
        },
        withSlack(bound),
      );
      t.diagnostic(measured(what, took, bound));
      for (const told of [list.created, list.destroyed]) assert.equal(new Set(told).size, told.length);
    };
    await churn();
    await truth('the truth at first');
    /** Until messages come again. How long it took, in ms. */
    const hearing = (): Promise<number> => {
      const { heard } = deaf.engine;
      return waitUntil('messages are heard again', async () => {
        await churn();
        return deaf.engine.heard > heard;
      });
    };
    return { deaf, churn, truth, hearing };
  }

  test('by chance, and the last ones for sure, has the truth all the same (R4)', async (t) => {
    let percent = 0;
    const { churn, truth } = await scene(t, (deliver) => losing(random, percent)(deliver));
    percent = 30;
    for (let round = 0; round < 10; round++) await churn();
    await truth('the truth after 30 % were lost');
    percent = 100;
    await churn();
    await truth('the truth after all were lost');
  });

  test('since its connection for them is cut again and again has the truth all the same (R4)', async (t) => {
    const { churn, truth, hearing } = await scene(t);
    for (let round = 0; round < 5; round++) {
      redis.server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await churn();
    }
    await truth('the truth after five cuts');
    await hearing();
  });

  test('on a connection that stays open has the truth, and makes another connection (R4)', async (t) => {
    const { deaf, churn, truth, hearing } = await scene(t);
    redis.proxy.holdMarked();
    const { heard } = deaf.engine;
    await churn();
    await truth('the truth while nothing is heard');
    assert.equal(deaf.engine.heard, heard);
    t.diagnostic(measured('messages are heard again', await hearing(), 4_000));
    await truth('the truth after that');
  });
});
