import assert from 'node:assert/strict';
import { after, afterEach, before, suite, test } from 'node:test';
import { numbers } from '../model/world.js';
import { RedisServer, withoutRedis } from '../redis/redis-server.js';
import { SocketlessProcess, Visitor } from './socketless-process.js';
import { doubling, doublingAndReordering, type Tamper } from './tampered-engine.js';
import { waitUntil } from './wait-until.js';

const random = numbers(20_261_124);

suite('a process that hears of changes', { skip: withoutRedis() }, () => {
  const redis = new RedisServer();
  before(() => redis.start());
  after(() => redis.remove());
  const processes: SocketlessProcess[] = [];
  const process = async (tamper?: Tamper): Promise<SocketlessProcess> => {
    const started = new SocketlessProcess(redis.url, tamper);
    processes.push(started);
    return started.start();
  };
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((each) => each.stop()));
  });

  /** Lets ten leave and twenty come, while ten more come and go, on three processes. */
  async function watchChurn(sessionId: string, tamper: Tamper): Promise<void> {
    const [here, there, elsewhere] = [await process(tamper), await process(tamper), await process()];
    const join = (count: number): Promise<Visitor[]> =>
      Promise.all(
        Array.from({ length: count }, (_, at) => new Visitor(at % 2 ? here : there, sessionId).joined()),
      );
    const early = await join(10);
    const watching = { observe: true, detail: 'connections' } as const;
    const tampered = await new Visitor(here, sessionId, watching).joined();
    const plain = await new Visitor(elsewhere, sessionId, watching).joined();
    await waitUntil('both have the list', () =>
      [plain, tampered].every(({ view }) => view.total.connections?.size === early.length),
    );
    for (const gone of [...early]) {
      const [brief] = await join(1);
      early.push(...(await join(2)));
      gone.leave();
      brief!.leave();
    }
    const present = early.slice(10).map(({ connectionId }) => connectionId!);
    await waitUntil('both have the truth', () =>
      [plain, tampered].every(({ view }) => {
        const list = view.total.connections;
        return (
          view.count === present.length &&
          list?.size === present.length &&
          present.every((id) => list.has(id))
        );
      }),
    );
    for (const { created, destroyed } of [plain, tampered]) {
      for (const told of [created, destroyed]) assert.equal(new Set(told).size, told.length);
      const gone = early.slice(0, 10).map(({ connectionId }) => connectionId!);
      for (const id of gone) assert.ok(destroyed.includes(id), `${id} left`);
      for (const id of present) assert.ok(created.includes(id), `${id} came`);
      for (const id of destroyed) assert.ok(!present.includes(id), `${id} is there`);
    }
    const { epoch, seq } = plain.view.total.version!;
    assert.deepEqual(tampered.view.total.version, { epoch, seq });
    assert.deepEqual(tampered.view.total.listVersion, { epoch, seq });
  }

  test('up to three times tells of each once', async () => {
    await watchChurn('doubled', doubling(random));
  });

  test('in any order, and up to three times, ends with the same list, and tells nothing twice', async () => {
    await watchChurn('reordered', doublingAndReordering(random));
  });
});
