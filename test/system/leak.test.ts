import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { CDPSession } from 'puppeteer-core';
import type { SessionConnectionCountElement } from '../../src/index.js';
import { ServerProcess } from './server-process.js';
import { Site } from './site.js';
import { shows, Tabs, type Tab } from './tabs.js';
import { Witness } from './witness.js';

/** What a page keeps in memory, its garbage collected. */
async function memory(devTools: CDPSession, tab: Tab): Promise<Record<string, number>> {
  // What was collected may have kept something else.
  for (let round = 0; round < 3; round++) await devTools.send('HeapProfiler.collectGarbage');
  const { nodes, jsEventListeners } = await devTools.send('Memory.getDOMCounters');
  const prototype = await tab.evaluateHandle(
    () => customElements.get('session-connection-count')!.prototype as object,
  );
  const found = await tab.queryObjects(prototype);
  const elements = await found.evaluate((instances) => (instances as unknown as unknown[]).length);
  await Promise.all([prototype.dispose(), found.dispose()]);
  return { nodes, jsEventListeners, elements };
}

suite('elements that come and go', { timeout: 120_000 }, () => {
  const server = new ServerProcess();
  const site = new Site();
  const tabs = new Tabs();
  const witness = new Witness();

  before(async () => {
    await Promise.all([server.start(), site.start(), tabs.start()]);
    await witness.watch(server);
  });
  after(async () => {
    witness.close();
    await tabs.stop();
    await server.stop();
    site.stop();
  });

  test('leave no element, node, listener or connection behind', async () => {
    const tab = await tabs.open(
      site.put(
        '/coming-and-going',
        `<script type="module" src="${server.url}/session-connection-count.js"></script><main></main>`,
      ),
    );
    const devTools = await tab.createCDPSession();
    const token = await server.token();
    const round = async (count: number): Promise<Record<string, number>> => {
      await tab.evaluate(
        async (token, count) => {
          const main = document.querySelector('main')!;
          for (let place = 0; place < count; place++) {
            const element = document.createElement('session-connection-count');
            Object.assign(element, { sessionId: 'lobby', token, announce: '5', label: '{count} here' });
            element.textContent = 'many';
            main.append(element);
          }
          const last = main.lastElementChild as SessionConnectionCountElement;
          while (last.count !== 1) {
            await new Promise((resolve) => addEventListener('session-count-change', resolve, { once: true }));
          }
        },
        token,
        count,
      );
      await shows(tab, 1);
      await tab.evaluate(() => document.querySelector('main')!.replaceChildren());
      await witness.until(() => witness.present.size === 0);
      // The test's own log keeps every socket, and with it what heard of it.
      await tab.evaluate(() => window.log.sockets.splice(0));
      return memory(devTools, tab);
    };
    // What is made once and kept, as a style sheet is, is there after the first round.
    const before = await round(10);
    assert.equal(before.elements, 0);
    assert.deepEqual(await round(1000), before);
  });
});
