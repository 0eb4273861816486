import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type {} from '../../src/index.js';
import { audit } from '../faults/audit.js';
import { Client } from '../faults/client.js';
import { ObservedSession } from '../faults/observed-session.js';
import { waitUntil } from '../faults/wait-until.js';
import { startBrowser, type Tab } from '../system/browsers.js';
import { project, ServerProcess } from '../system/server-process.js';
import { Site } from '../system/site.js';
import { logOf, shows } from '../system/tabs.js';
import { balancers, type Balancer } from './balancers.js';
import { RedisServer, withoutRedis } from './redis-server.js';
import { peak, WatchedSockets } from './watched-sockets.js';

/** How many session clients there are, besides the tabs: MEMBERS=3000 for what is promised. */
const members = Number(process.env.MEMBERS ?? 300);
/** Lists of fewer connections than this are told. */
const perSession = 300;
/** How many come at once to begin with. */
const batch = 50;

suite('a rolling restart', { skip: withoutRedis(), timeout: 300_000, concurrency: 2 }, () => {
  const ending: (() => unknown)[] = [];
  after(async () => {
    for (const end of ending.reverse()) await end();
  });
  const site = new Site();
  before(async () => {
    await site.start();
    ending.push(() => site.stop());
  });

  for (const { name, skip, start } of balancers) {
    test(
      `behind ${name}, under tabs and session clients, changes no number and no connection`,
      { skip },
      async (t) => {
        const redis = await new RedisServer().start();
        ending.push(() => redis.remove());
        const settings = {
          ...project,
          REDIS_URL: redis.url,
          TRUST_PROXY: '1',
          MAX_CONNECTIONS_PER_ADDRESS: '100000',
        };
        const servers = [1, 2, 3].map(() => new ServerProcess(settings));
        await Promise.all(servers.map((server) => server.start()));
        ending.push(() => Promise.all(servers.map((server) => server.stop('SIGKILL'))));
        const balancer: Balancer = await start(servers);
        ending.push(() => balancer.stop());
        const browser = await startBrowser('chromium');
        ending.push(() => browser.stop());
        const { joins, closeCodes } = new WatchedSockets(balancer.url);
        const sessions: ObservedSession[] = [];
        ending.push(() => sessions.forEach((session) => session.close()));

        const clients: Client[] = [];
        ending.push(() => clients.forEach((client) => client.leave()));
        const sessionIds = Array.from(
          { length: Math.ceil(members / perSession) },
          (_, index) => `room ${index}`,
        );
        const tokens = await Promise.all(sessionIds.map((id) => servers[0]!.token('subscriber', id)));
        let heard = (): void => {};
        const joined = async (): Promise<void> => {
          while (clients.some(({ connectionId }) => !connectionId)) {
            await new Promise<void>((resolve) => (heard = resolve));
          }
        };
        while (clients.length < members) {
          for (let more = Math.min(batch, members - clients.length); more; more--) {
            const session = clients.length % sessionIds.length;
            clients.push(new Client(balancer.url, sessionIds[session]!, tokens[session]!, () => heard()));
          }
          await joined();
        }
        const page = site.put(
          `/${name}`,
          `<script type="module" src="${balancer.url}/session-connection-count.js"></script>
       <session-connection-count session-id="${sessionIds[0]}" token="${tokens[0]}">–</session-connection-count>
       <script>
         const states = [];
         addEventListener('session-state-change', ({ detail }) => states.push(detail.state));
       </script>`,
        );
        const tabs = [await browser.open(page), await browser.open(page), await browser.open(page)];
        // The newest: one that nobody looks at is told late of who comes after it.
        await tabs[2]!.hide();
        assert.equal(await tabs[2]!.evaluate(() => document.visibilityState), 'hidden');
        const sizes = sessionIds.map(
          (_, index) => clients.filter((__, each) => each % sessionIds.length === index).length,
        );
        sizes[0]! += tabs.length;
        for (const tab of tabs) await shows(tab, sizes[0]!);
        sessions.push(...sessionIds.map((id) => new ObservedSession(id, servers)));
        const settled = async (): Promise<void> => {
          const isTrue = (session: ObservedSession, index: number): boolean =>
            session
              .observers()
              .every(
                ({ now, ids }) =>
                  now.count === sizes[index] && !now.stale && (ids?.size ?? now.count) === now.count,
              );
          await Promise.all(
            sessions.map((session, index) =>
              session.until(() => isTrue(session, index), 30_000, `${sizes[index]} shown`),
            ),
          );
        };
        await settled();
        await waitUntil('every client shows the number', () =>
          clients.every(({ session }, index) => session.count === sizes[index % sessionIds.length]),
        );

        const began = performance.now();
        const before = await Promise.all(tabs.map(stateOf));
        const ids = clients.map(({ connectionId }) => connectionId);
        const changes: string[] = [];
        for (const [index, { session }] of clients.entries()) {
          session.addEventListener('stateChanged', ({ state }) =>
            changes.push(`client ${index} is ${state}`),
          );
          session.addEventListener('countChanged', ({ count, previous }) =>
            changes.push(`client ${index}: ${previous} to ${count}`),
          );
        }
        joins.length = 0;
        for (const server of servers) {
          const earlier = joins.length;
          const signalled = performance.now();
          await server.stop('SIGTERM');
          const took = performance.now() - signalled;
          const moved = joins.slice(earlier).map(({ at }) => at);
          const rate = moved.length / Math.max(5, moved.length / 500);
          const highest = peak(moved);
          t.diagnostic(
            `${moved.length} session clients left a process in ${Math.round(took)} ms, at most ${highest} of them in a second: ${(highest / rate).toFixed(2)} × N/T`,
          );
          assert.ok(moved.length, 'nobody was there');
          // What is promised is 1.5.
          assert.ok(highest <= 3 * rate, `${highest} in a second`);
          await server.start();
          await settled();
        }

        assert.deepEqual(changes, []);
        assert.deepEqual(
          clients.map(({ connectionId }) => connectionId),
          ids,
        );
        assert.deepEqual(await Promise.all(tabs.map(stateOf)), before);
        for (const tab of tabs) assert.ok((await logOf(tab)).sockets > 1, 'a tab was never handed over');
        assert.equal(joins.filter(({ resumed }) => !resumed).length, 0, 'somebody was not resumed');
        // Nobody had to be thrown out.
        assert.equal(closeCodes.has(1012), false);
        for (const [index, session] of sessions.entries()) {
          for (const observer of session.observers()) {
            const told = observer.frames.filter(({ at }) => at >= began).map(({ frame }) => frame);
            const numbers = new Set(told.flatMap((frame) => ('count' in frame ? frame.count : [])));
            assert.deepEqual([...numbers], [sizes[index]]);
            assert.deepEqual(
              told.filter((frame) => frame.type === 'change' || ('stale' in frame && frame.stale)),
              [],
            );
          }
        }
        audit([redis]);
      },
    );
  }
});

/** All that a visitor of a tab could have seen, and whom the others see in it. */
const stateOf = async (tab: Tab): Promise<unknown[]> => [
  (await logOf(tab)).shown,
  await tab.evaluate(() => {
    const { source } = document.querySelector('session-connection-count')!;
    return [source!.connection!.connectionId, (window as unknown as { states: string[] }).states];
  }),
];
