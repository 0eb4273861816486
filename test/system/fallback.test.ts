import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import type { Session } from '../../src/client/index.js';
import type { Role } from '../../src/protocol/index.js';
import { createSessionServer, issueClientToken } from '../../src/server/index.js';
import { installedEngines } from '../engines/installed.mjs';
import { startBrowser, type Browser, type Tab } from './browsers.js';
import { Nginx, withoutNginx } from './nginx.js';
import { Site } from './site.js';
import { connectionOf, logOf, shows, until } from './tabs.js';
import { Witness } from './witness.js';

const project = { apiKey: 'system-test', apiSecrets: ['a secret for system tests'] };
const [apiSecret] = project.apiSecrets;

suite('behind a proxy that lets no WebSocket through', { skip: withoutNginx(), concurrency: true }, () => {
  const server = createSessionServer({ ...project, port: 0, allowedOrigins: ['*'], streamTime: 500 });
  const site = new Site();
  const forgetful = new Nginx();
  const forbidding = new Nginx();
  let url: string;
  let sessions = 0;

  before(async () => {
    ({ url } = await server.listen());
    await site.start();
    // As nginx does it to whoever doesn't set it up for WebSockets.
    await forgetful.start(`location / { proxy_pass ${url}; }`);
    await forbidding.start(`location / { if ($http_upgrade) { return 403; } proxy_pass ${url}; }`);
  });
  after(async () => {
    await Promise.all([forgetful.stop(), forbidding.stop(), server.close()]);
    site.stop();
  });

  for (const engine of installedEngines()) {
    suite(`in ${engine}`, { concurrency: 1, timeout: 120_000 }, () => {
      let browser: Browser;
      let witness: Witness;
      let sessionId: string;

      const token = (role: Role = 'subscriber', id = sessionId): Promise<string> =>
        issueClientToken({ apiKey: project.apiKey, apiSecret: apiSecret!, sessionId: id, role });
      const place = async (from: string, role: Role = 'subscriber', policy = ''): Promise<string> =>
        site.put(
          `/${++sessions}`,
          `${policy}<script type="module" src="${from}/session-connection-count.js"></script>
           <session-connection-count session-id="${sessionId}" token="${await token(role)}">–</session-connection-count>`,
        );
      const open = async (...page: Parameters<typeof place>): Promise<Tab> =>
        browser.open(await place(...page));
      const streamsOf = (tab: Tab, most: number): Promise<void> =>
        until(
          tab,
          (count: number) =>
            performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/connect/stream'))
              .length >= count,
          most,
        );

      before(async () => {
        browser = await startBrowser(engine);
      });
      beforeEach(async () => {
        sessionId = `fallback ${++sessions}`;
        witness = await new Witness().watch({ url, token: (role, id) => token(role, id) }, sessionId);
      });
      afterEach(async () => {
        witness.close();
        await browser.clear();
      });
      after(() => browser.stop());

      // What is the same in every browser is tried in one.
      const once = { skip: engine !== 'chromium' && 'tried in Chromium' };

      for (const [title, proxy, options] of [
        ['forgets that an upgrade was asked for', forgetful, {}],
        ['forbids upgrades', forbidding, once],
      ] as const) {
        test(`that ${title}, tabs count with those elsewhere, and are seen to close`, options, async () => {
          const direct = await open(url);
          await shows(direct, 1);
          const behind = await open(proxy.url);
          await Promise.all([shows(direct, 2), shows(behind, 2)]);
          const id = await connectionOf(behind);
          await streamsOf(behind, 3);
          assert.equal(await connectionOf(behind), id);
          assert.deepEqual(
            witness.events.filter(({ destroyed }) => destroyed),
            [],
          );
          assert.deepEqual((await logOf(behind)).shown, ['2']);
          await behind.close();
          await shows(direct, 1);
          const left = witness.events.find(({ destroyed }) => destroyed === id);
          assert.equal(left?.reason, 'clientDisconnected');
          assert.deepEqual((await logOf(direct)).shown, ['1', '2', '1']);
        });
      }

      test('a page that follows another in its tab is the same connection', async () => {
        const tab = await open(forgetful.url);
        await shows(tab, 1);
        const id = await connectionOf(tab);
        await tab.goto(await place(forgetful.url));
        await shows(tab, 1);
        assert.equal(await connectionOf(tab), id);
      });

      test('whom a moderator behind it removes is gone at once, and stays away', once, async () => {
        const visitor = await open(forgetful.url);
        await shows(visitor, 1);
        const moderator = await open(forgetful.url, 'moderator');
        await shows(moderator, 2);
        const id = await connectionOf(visitor);
        await moderator.evaluate(
          (connectionId) =>
            (document.querySelector('session-connection-count')!.source as Session).forceDisconnect(
              connectionId,
            ),
          id,
        );
        await shows(moderator, 1);
        assert.equal(witness.events.find(({ destroyed }) => destroyed === id)?.reason, 'forceDisconnected');
        await until(
          visitor,
          () => document.querySelector('session-connection-count')!.state === 'disconnected',
        );
      });

      test(
        'a page whose policy forbids the second file reads one error, and goes on trying',
        once,
        async () => {
          const main = `${forgetful.url}/session-connection-count.js`;
          const policy = `<meta http-equiv="Content-Security-Policy" content="script-src 'unsafe-inline' ${main}">`;
          const tab = await open(forgetful.url, 'subscriber', policy);
          await until(tab, () => window.log.sockets.length > 3);
          const { errors } = await logOf(tab);
          assert.deepEqual(
            errors.map(({ code }) => code),
            [1006],
          );
        },
      );
    });
  }
});
