import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test, type TestContext } from 'node:test';
import { silenceLimit } from '../../src/server/live-session/index.js';
import type { ConnectionReason } from '../../src/protocol/index.js';
import { frame, opcode, type RawClient, type RawOptions } from '../hostile/raw-client.js';
import { withoutRedis } from '../redis/redis-server.js';
import type { ServerProcess } from '../system/server-process.js';
import { measured, withSlack } from './bounds.js';
import type { Fleet } from './fleet.js';
import { RawMember } from './raw-member.js';
import { scenario } from './scenario.js';

/** How a client ends, and what that is to be taken for. */
interface Ending {
  readonly name: string;
  readonly end: (client: RawClient) => void;
  readonly options?: RawOptions;
  readonly reason: ConnectionReason;
  /** When it is to be out of the count, in ms. */
  readonly after: number;
}

const closeFrame = (code?: number): Buffer => {
  const payload = Buffer.alloc(code ? 2 : 0);
  if (code) payload.writeUInt16BE(code);
  return frame(opcode.close, payload);
};
/** Says that it closes, and never again anything, not even that it has ended its side. */
const closeThenSilence =
  (code?: number) =>
  (client: RawClient): void => {
    client.answersClose = client.answersPings = false;
    client.socket.allowHalfOpen = true;
    client.socket.write(closeFrame(code));
  };
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

const endings: Ending[] = [
  {
    name: 'that leaves, then is silent',
    end: (client) => {
      client.answersClose = client.answersPings = false;
      client.socket.allowHalfOpen = true;
      client.send('{"type":"leave"}');
    },
    reason: 'clientDisconnected',
    after: 0,
  },
  {
    name: 'that closes with 1000, then is silent',
    end: closeThenSilence(1000),
    reason: 'clientDisconnected',
    after: 0,
  },
  {
    name: 'that closes with no code, then is silent',
    end: closeThenSilence(),
    reason: 'clientDisconnected',
    after: 0,
  },
  {
    name: 'whose page goes away, then is silent',
    end: closeThenSilence(4001),
    reason: 'clientDisconnected',
    after: 3_000,
  },
  {
    name: 'whose page goes away, as Firefox says it, then is silent',
    end: closeThenSilence(1001),
    options: { headers: [`User-Agent: ${firefox}`] },
    reason: 'clientDisconnected',
    after: 3_000,
  },
  {
    name: 'whose browser closes with 1001 for it, then is silent',
    end: closeThenSilence(1001),
    reason: 'networkDisconnected',
    after: 10_000,
  },
  {
    name: 'whose connection is reset in the middle of a frame',
    end: ({ socket }) => {
      const whole = frame(opcode.text, '{"type":"leave"}');
      socket.write(whole.subarray(0, whole.length - 4), () => socket.resetAndDestroy());
    },
    reason: 'networkDisconnected',
    after: 10_000,
  },
  {
    name: 'that ends its side without a word',
    end: ({ socket }) => socket.end(),
    reason: 'networkDisconnected',
    after: 10_000,
  },
];

/** What a process has of the computer's memory, in bytes. */
const residentMemory = ({ pid }: ServerProcess): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

async function ends(t: TestContext, fleet: Fleet, ending: Ending): Promise<void> {
  const session = await fleet.observe(`a client ${ending.name}`);
  const [here, there] = fleet.servers as [ServerProcess, ServerProcess];
  await session.joinMany(there, 2);
  const member = await RawMember.join(here, session, ending.options);
  await session.truth(5_000, { calm: 0 });
  const since = performance.now();
  ending.end(member.client);
  member.gone();
  const took = await session.truth(withSlack(ending.after + 1_000), { since });
  t.diagnostic(measured(`a client ${ending.name}, is out after`, took, ending.after));
  assert.ok(took >= ending.after, `it was out too early: after ${took} ms`);
  for (const server of fleet.servers) assert.deepEqual(session.departures(server), { [ending.reason]: 1 });
}

suite('a client', { skip: withoutRedis(), timeout: 180_000, concurrency: 3 }, () => {
  test('leaves by the reason table, however it ends (F11)', async (t) => {
    await scenario({ size: 2 }, async ({ fleet }) => {
      await Promise.all(endings.map((ending) => ends(t, fleet, ending)));
    });
  });

  test('that says nothing is out of the count after 20 s, and costs no memory (F6)', async (t) => {
    await scenario({ size: 2 }, async ({ fleet }) => {
      const session = await fleet.observe('silent');
      const [here, there] = fleet.servers as [ServerProcess, ServerProcess];
      const since = performance.now();
      const silent = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const member = await RawMember.join(here, session);
          // As a stopped process: it reads nothing either.
          member.client.answersPings = false;
          member.client.socket.pause();
          return member;
        }),
      );
      await session.truth(5_000, { calm: 0 });
      const before = residentMemory(here);
      let changes = 0;
      for (; performance.now() - since < silenceLimit - 2_000; changes += 2) {
        const member = await session.join(there);
        await session.truth(5_000, { calm: 0 });
        member.leave();
        await session.truth(5_000, { calm: 0 });
      }
      for (const member of silent) member.gone();
      const took = await session.truth(withSlack(silenceLimit + 2_000), { since });
      const grown = (residentMemory(here) - before) / 2 ** 20;
      t.diagnostic(measured('the silent are out after', took, silenceLimit + 2_000));
      t.diagnostic(`over ${changes} changes the process grew by ${grown.toFixed(1)} MiB`);
      assert.ok(took >= silenceLimit, `they were out too early: after ${took} ms`);
      assert.equal(session.departures(there).networkDisconnected, silent.length);
      assert.ok(grown < 32);
    });
  });
});
