import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { ServerProcess } from './server-process.js';
import { Site } from './site.js';
import { shows, Tabs, type Tab } from './tabs.js';

suite('what a newcomer sees after the start', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'session-connection-count-'));
  const server = new ServerProcess({ API_KEY: '', API_SECRET: '', ALLOW_ORIGIN: '' }, folder);
  const site = new Site();
  const tabs = new Tabs();
  let open: Tab[] = [];

  before(() => Promise.all([server.start(), site.start(), tabs.start()]));
  beforeEach(async () => {
    await Promise.all(open.filter((tab) => !tab.isClosed()).map((tab) => tab.close()));
    open = [];
    // Nobody is left over from the test before, even for the grace time of a closed page.
    await server.stop();
    await server.start();
  });
  after(async () => {
    await tabs.stop();
    await server.stop();
    site.stop();
    rmSync(folder, { recursive: true });
  });

  const visit = async (url: string): Promise<Tab> => {
    const tab = await tabs.open(url);
    open.push(tab);
    return tab;
  };
  const fieldShows = (tab: Tab, count: number): Promise<unknown> =>
    tab.waitForFunction(
      (expected) => {
        const field = document.getElementById('connectionCountField')!;
        return ((field as HTMLInputElement).value ?? field.textContent) === expected;
      },
      { timeout: 30_000 },
      String(count),
    );

  test('the two printed lines show the count in a page of another site, also after a restart', async () => {
    const lines = /<script .*<\/session-connection-count>/s.exec(server.printed)![0];
    assert.equal(lines.split('\n').length, 2);
    const page = site.put('/', lines);
    const first = await visit(page);
    await shows(first, 1);
    await server.stop();
    await server.start();
    const second = await visit(page);
    await Promise.all([shows(first, 2), shows(second, 2)]);
    await second.close();
    await shows(first, 1);
    assert.equal(statSync(join(folder, '.session-connection-count.json')).mode & 0o777, 0o600);
  });

  test('the playground counts its tabs and logs who came and went, with the reason', async () => {
    const first = await visit(server.url);
    await shows(first, 1);
    const second = await visit(server.url);
    await shows(first, 2);
    await second.close();
    await shows(first, 1);
    const text = await first.evaluate(() => document.body.innerText);
    assert.match(text, /connectionCreated/);
    assert.match(
      text,
      /connectionDestroyed[\s\S]*clientDisconnected|clientDisconnected[\s\S]*connectionDestroyed/,
    );
  });

  for (const page of ['seed', 'opentok2']) {
    test(`demo/${page}.html keeps its running total, also over a restart`, async () => {
      const first = await visit(`${server.url}/demo/${page}.html`);
      await fieldShows(first, 1);
      const second = await visit(`${server.url}/demo/${page}.html`);
      await Promise.all([fieldShows(first, 2), fieldShows(second, 2)]);

      await server.stop();
      await server.start();
      const third = await visit(`${server.url}/demo/${page}.html`);
      await Promise.all([first, second, third].map((tab) => fieldShows(tab, 3)));

      await third.close();
      await Promise.all([first, second].map((tab) => fieldShows(tab, 2)));
    });
  }
});
