import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ServerProcess } from './server-process.js';
import { Site } from './site.js';
import { logOf, shows, Tabs } from './tabs.js';

suite('a restart of the server', { timeout: 120_000 }, () => {
  const server = new ServerProcess();
  const site = new Site();
  const tabs = new Tabs();

  before(() => Promise.all([server.start(), site.start(), tabs.start()]));
  after(async () => {
    await tabs.stop();
    await server.stop();
    site.stop();
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`under ten tabs (${signal}) brings the true number back, with no other on the way`, async () => {
      const page = site.put(
        '/',
        `<script type="module" src="${server.url}/session-connection-count.js"></script>
         <session-connection-count session-id="${signal}" token="${await server.token('subscriber', signal)}">–</session-connection-count>`,
      );
      const ten = await Promise.all(Array.from({ length: 10 }, () => tabs.open(page)));
      await Promise.all(ten.map((tab) => shows(tab, 10)));
      const before = await Promise.all(ten.map(logOf));

      await server.stop(signal);
      await Promise.all(
        ten.map((tab) =>
          tab.waitForFunction(
            () => document.querySelector('session-connection-count')!.state === 'reconnecting',
          ),
        ),
      );
      await server.start();
      await Promise.all(ten.map((tab) => shows(tab, 10)));

      const afterwards = await Promise.all(ten.map(logOf));
      for (const [index, { shown }] of afterwards.entries()) {
        assert.deepEqual(shown, before[index]!.shown, `tab ${index} showed something else on the way`);
      }
      await Promise.all(ten.map((tab) => tab.close()));
    });
  }
});
