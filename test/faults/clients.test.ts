import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { silenceLimit } from '../../src/server/live-session/index.js';
import { Random } from '../fuzz/random.js';
import type { Member } from '../redis/member.js';
import { withoutRedis } from '../redis/redis-server.js';
import { Proxy } from '../system/proxy.js';
import type { ServerProcess } from '../system/server-process.js';
import { measured, withSlack } from './bounds.js';
import { endings, type Ending } from './endings.js';
import type { Fleet } from './fleet.js';
import { Namespaces } from './namespaces.js';
import { RawMember } from './raw-member.js';
import { scenario } from './scenario.js';

const cutNetwork = fileURLToPath(new URL('cut-network-process.ts', import.meta.url));

/** How long changes go on over a bad network, in ms: two rounds of life signs. */
const churned = 21_000;
/** What may pass then until all see the truth, in ms. */
const settled = 3_000;

/** What the retransmission of a lost segment takes at least, in ms: TCP's smallest, as Linux has it. */
const retransmission = 200;

/** Networks of their own, or why there are none. */
function networks(): Namespaces | string {
  const namespaces = new Namespaces();
  try {
    return namespaces.make();
  } catch (error) {
    namespaces.remove();
    const reason = `networks of their own are not to be had: ${(error as Error).message.trim()}`;
    console.log(`Not tested with a network that is cut: ${reason}`);
    return reason;
  }
}

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
  const took = await session.truth(ending.after + withSlack(1_000), { since });
  t.diagnostic(measured(`a client ${ending.name}, is out after`, took, ending.after));
  assert.ok(took >= ending.after, `it was out too early: after ${took} ms`);
  for (const server of fleet.servers) assert.deepEqual(session.departures(server), { [ending.reason]: 1 });
}

suite('clients and their networks', { skip: withoutRedis(), timeout: 180_000, concurrency: 4 }, () => {
  test('a client leaves by the reason table, however it ends (F11)', async (t) => {
    await scenario({ size: 2 }, async ({ fleet }) => {
      await Promise.all(endings.map((ending) => ends(t, fleet, ending)));
    });
  });

  test('a client that says nothing is out of the count after 20 s, and costs no memory (F6)', async (t) => {
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
      const left = Math.ceil(since + silenceLimit - performance.now()) + withSlack(2_000);
      const took = await session.truth(left, { since });
      const grown = (residentMemory(here) - before) / 2 ** 20;
      t.diagnostic(measured('the silent are out after', took, silenceLimit + 2_000));
      t.diagnostic(`over ${changes} changes the process grew by ${grown.toFixed(1)} MiB`);
      assert.ok(took >= silenceLimit, `they were out too early: after ${took} ms`);
      assert.equal(session.departures(there).networkDisconnected, silent.length);
      assert.ok(grown < 32);
    });
  });

  test('a network that is cut without a word for 5 s makes nobody leave, and for long all who were on it (F7)', async (t) => {
    const namespaces = networks();
    if (typeof namespaces === 'string') return t.skip(namespaces);
    t.after(() => namespaces.remove());
    const { near, far, address } = namespaces;
    const { stdout } = await promisify(execFile)('ip', [
      'netns',
      'exec',
      far,
      process.execPath,
      '--import',
      'tsx',
      cutNetwork,
      near,
      address,
    ]);
    for (const line of stdout.trim().split('\n')) t.diagnostic(line);
  });

  test('a network that is slow, uneven and lossy makes nobody wrong or lost (F10)', async (t) => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
    t.diagnostic(`SEED=${seed}`);
    const random = new Random(seed);
    // What TCP makes of 200 ± 100 ms, 5 % of loss and 25 % out of order: more time, and nothing else.
    const delay = (): number => {
      const way = 100 + 200 * random.next();
      const lost = random.chance(0.05) ? retransmission + 200 * random.next() : 0;
      return way + lost + (random.chance(0.25) ? 100 * random.next() : 0);
    };
    await scenario({ size: 2, delay }, async ({ fleet }) => {
      const proxies = await Promise.all(
        fleet.servers.map((server) => new Proxy({ delay }).start(server.url)),
      );
      const places = fleet.servers.map((server, index) => ({
        url: proxies[index]!.url,
        token: server.token.bind(server),
      }));
      t.after(() => proxies.forEach((proxy) => proxy.stop()));
      const session = await fleet.observe('bad network', places);
      const members = (await Promise.all(places.map((place) => session.joinMany(place, 10)))).flat();
      let joins = members.length;
      const joining: Promise<unknown>[] = [];
      for (const end = performance.now() + churned; performance.now() < end; await wait(300)) {
        if (random.chance(0.5)) members.splice(random.below(members.length), 1)[0]!.leave();
        joins++;
        joining.push(session.join(random.pick(places)).then((member: Member) => members.push(member)));
      }
      await Promise.all(joining);
      const took = await session.truth(withSlack(settled));
      t.diagnostic(measured(`the truth everywhere after ${joins} joins`, took, settled));
      for (const place of places) {
        assert.deepEqual(Object.keys(session.departures(place)), ['clientDisconnected']);
      }
    });
  });
});
