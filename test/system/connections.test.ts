import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import type { Session } from '../../src/client/index.js';
import { ServerProcess } from './server-process.js';
import { Site } from './site.js';
import { logOf, shows, Tabs, type Tab } from './tabs.js';
import { Witness } from './witness.js';

suite('real tabs on the real server', { timeout: 120_000 }, () => {
  const server = new ServerProcess();
  const site = new Site();
  const tabs = new Tabs();
  let witness: Witness;
  let page: string;
  let moderatorPage: string;

  const widget = (token: string): string =>
    `<script type="module" src="${server.url}/session-connection-count.js"></script>
     <session-connection-count session-id="lobby" token="${token}">–</session-connection-count>`;

  before(async () => {
    await Promise.all([server.start(), site.start(), tabs.start()]);
    page = site.put('/', `${widget(await server.token())}<a href="/next">next</a>`);
    site.put('/next', widget(await server.token()));
    moderatorPage = site.put('/moderator', widget(await server.token('moderator')));
  });
  beforeEach(async () => {
    witness = await new Witness().watch(server);
  });
  afterEach(async () => {
    const [first, ...others] = await tabs.browser.pages();
    await Promise.all(others.map((tab) => tab.close()));
    await first?.goto('about:blank');
    await witness.until(() => witness.present.size === 0);
    witness.close();
  });
  after(async () => {
    await tabs.stop();
    await server.stop();
    site.stop();
  });

  const idOf = (tab: Tab): Promise<string> =>
    tab.evaluate(() => document.querySelector('session-connection-count')!.source!.connection!.connectionId);

  test('count 2, and 1 within 4 s of one being closed, as clientDisconnected', async () => {
    const first = await tabs.open(page);
    await shows(first, 1);
    const second = await tabs.open(page);
    await Promise.all([shows(first, 2), shows(second, 2)]);
    const id = await idOf(second);

    await second.close();
    const closedAt = Date.now();
    await shows(first, 1);
    const left = witness.events.find(({ destroyed }) => destroyed === id);
    assert.equal(left?.reason, 'clientDisconnected');
    assert.ok(left.at - closedAt < 4_000, `it took ${left.at - closedAt} ms`);
    assert.deepEqual((await logOf(first)).shown, ['1', '2', '1']);
  });

  test('a killed renderer is gone after the grace time, as networkDisconnected', async () => {
    const first = await tabs.open(page);
    await shows(first, 1);
    const other = await new Tabs().start();
    try {
      const second = await other.open(page);
      await shows(first, 2);
      const id = await idOf(second);
      for (const renderer of await other.renderers()) process.kill(renderer, 'SIGKILL');
      await witness.until(() => witness.events.some(({ destroyed }) => destroyed === id));
      assert.equal(witness.events.at(-1)?.reason, 'networkDisconnected');
      await shows(first, 1);
    } finally {
      await other.stop();
    }
  });

  test('whom a moderator removes is gone at once, says so and stays away', async () => {
    const visitor = await tabs.open(page);
    await shows(visitor, 1);
    const moderator = await tabs.open(moderatorPage);
    await shows(moderator, 2);
    const id = await idOf(visitor);
    await moderator.evaluate(
      (connectionId) =>
        (document.querySelector('session-connection-count')!.source as Session).forceDisconnect(connectionId),
      id,
    );
    await shows(moderator, 1);
    assert.equal(witness.events.find(({ destroyed }) => destroyed === id)?.reason, 'forceDisconnected');

    await visitor.waitForFunction(
      () => document.querySelector('session-connection-count')!.state === 'disconnected',
    );
    const { sockets } = await logOf(visitor);
    const words = await visitor.evaluate(
      () => document.querySelector('session-connection-count')!.shadowRoot!.textContent,
    );
    assert.match(words, /removed/i);
    await visitor.evaluate(() => {
      dispatchEvent(new Event('online'));
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
      document.dispatchEvent(new Event('visibilitychange'));
      document.dispatchEvent(new Event('resume'));
    });
    assert.equal((await logOf(visitor)).sockets, sockets);
  });

  test('who follows a link or reloads stays one connection, and nobody sees a flicker', async () => {
    const onlooker = await tabs.open(page);
    await shows(onlooker, 1);
    const visitor = await tabs.open(page);
    await shows(onlooker, 2);
    const id = await idOf(visitor);

    await Promise.all([visitor.waitForNavigation(), visitor.click('a')]);
    await shows(visitor, 2);
    assert.equal(await idOf(visitor), id, 'after the link');
    await visitor.reload();
    await shows(visitor, 2);
    assert.equal(await idOf(visitor), id, 'after the reload');
    await visitor.goBack();
    await shows(visitor, 2);
    assert.equal(await idOf(visitor), id, 'after going back');

    // What another tab does takes as long as a page that went away is waited for, so it comes after.
    const other = await tabs.open(page);
    await shows(onlooker, 3);
    await other.close();
    await shows(onlooker, 2);
    assert.deepEqual((await logOf(onlooker)).shown, ['1', '2', '3', '2']);
    assert.equal(witness.events.filter(({ destroyed }) => destroyed).length, 1);
  });
});
