import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { ServerProcess } from './server-process.js';
import { Site } from './site.js';
import { connectionOf, logOf, shows, Tabs, until } from './tabs.js';
import { Witness } from './witness.js';

// What no other engine does, or lets be driven.
suite('the life of a page in Chromium alone', { timeout: 120_000 }, () => {
  const server = new ServerProcess();
  const site = new Site();
  const tabs = new Tabs();
  let witness: Witness;
  let tests = 0;
  let session: string;
  let page: string;

  before(() => Promise.all([server.start(), site.start(), tabs.start()]));
  beforeEach(async () => {
    session = `test ${++tests}`;
    witness = await new Witness().watch(server, session);
    const widget = `<script type="module" src="${server.url}/session-connection-count.js"></script>
      <session-connection-count session-id="${session}" token="${await server.token('subscriber', session)}">–</session-connection-count>`;
    page = site.put(`/${tests}`, `${widget}<a id="next" href="/next-${tests}">next</a>`);
    site.put(
      `/next-${tests}`,
      `${widget}<script type="module">
        const { prerendering } = document;
        await document.querySelector('session-connection-count').updateComplete;
        // A task later it would have opened its socket.
        await new Promise((resolve) => setTimeout(resolve));
        await fetch('/rendered?prerendering=' + prerendering + '&sockets=' + log.sockets.length);
        setInterval(() => {
          const { count, state, source } = document.querySelector('session-connection-count');
          if (document.prerendering || count !== 1 || state !== 'connected' || source.stale) return;
          const { activationStart } = performance.getEntriesByType('navigation')[0];
          fetch('/visited?' + new URLSearchParams({ activationStart, id: source.connection.connectionId }));
        }, 25);
      </script>`,
    );
  });
  afterEach(async () => {
    witness.close();
    const [, ...others] = await tabs.browser.pages();
    for (const tab of others) await tab.close();
  });
  after(async () => {
    await tabs.stop();
    await server.stop();
    site.stop();
  });

  const left = (): Witness['events'] => witness.events.filter(({ destroyed }) => destroyed);

  // A page that was rendered ahead sees what its predecessor leaves in session storage in time, or too late: so it is
  // the same connection, or a new one beside the old one for as long as a closed tab counts.
  test('a page that is rendered ahead is nobody until it is visited', async () => {
    // Under emulation of focus Chromium renders nothing ahead to its end.
    const visitor = await tabs.browser.newPage();
    await visitor.goto(page);
    await visitor.bringToFront();
    await shows(visitor, 1);
    const id = await connectionOf(visitor);

    const ready = site.asked('/rendered');
    await visitor.evaluate((url) => {
      const rules = document.createElement('script');
      rules.type = 'speculationrules';
      rules.textContent = JSON.stringify({ prerender: [{ urls: [url], eagerness: 'immediate' }] });
      document.body.append(rules);
    }, `/next-${tests}`);
    assert.equal(await ready, '?prerendering=true&sockets=0');
    // The page itself tells: puppeteer may lose hold of a page that takes another's place when the machine is busy.
    const visited = site.asked('/visited');
    await visitor.evaluate(() => void setTimeout(() => document.getElementById('next')!.click()));
    const told = new URLSearchParams(await visited);
    assert.ok(Number(told.get('activationStart')) > 0, 'the page was loaded anew');
    await witness.until(() => witness.present.size === 1);
    const stayed = told.get('id') === id;
    assert.deepEqual(
      left().map(({ destroyed, reason }) => [destroyed, reason]),
      stayed ? [] : [[id, 'clientDisconnected']],
    );
  });

  test('a frozen page keeps its connection, and has the present number when it goes on', async () => {
    const visitor = await tabs.open(page);
    await shows(visitor, 1);
    const id = await connectionOf(visitor);
    const devTools = await visitor.createCDPSession();
    await devTools.send('Page.setWebLifecycleState', { state: 'frozen' });
    const other = await tabs.open(page);
    await shows(other, 2);
    await other.close();
    await witness.until(() => left().length === 1);
    const third = await tabs.open(page);
    const fourth = await tabs.open(page);
    await Promise.all([shows(third, 3), shows(fourth, 3)]);

    await devTools.send('Page.setWebLifecycleState', { state: 'active' });
    await shows(visitor, 3);
    assert.equal(await connectionOf(visitor), id);
    assert.equal(left().length, 1);
    assert.equal((await logOf(visitor)).sockets, 1);
  });

  test('who was offline is back as the connection that it was', async () => {
    const onlooker = await tabs.open(page);
    await shows(onlooker, 1);
    const visitor = await tabs.open(page);
    await shows(visitor, 2);
    const id = await connectionOf(visitor);
    await visitor.setOfflineMode(true);
    await until(visitor, () => !navigator.onLine);
    await visitor.evaluate(() => window.log.sockets[0]!.close(4000));
    await until(visitor, () => document.querySelector('session-connection-count')!.state === 'reconnecting');
    await visitor.setOfflineMode(false);
    await shows(visitor, 2);
    assert.equal(await connectionOf(visitor), id);
    assert.deepEqual(left(), []);
    assert.deepEqual((await logOf(onlooker)).shown, ['1', '2']);
    assert.deepEqual((await logOf(visitor)).shown, ['2']);
  });
});
