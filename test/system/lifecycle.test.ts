import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { issueClientToken } from '../../src/server/index.js';
import { installedEngines } from '../engines/installed.mjs';
import { startBrowser, type Browser, type Tab } from './browsers.js';
import { Proxy } from './proxy.js';
import { ServerProcess } from './server-process.js';
import { Site } from './site.js';
import { connectionOf, logOf, shows, until } from './tabs.js';
import { Witness } from './witness.js';

suite('the life of a page', { concurrency: true }, () => {
  for (const engine of installedEngines()) {
    suite(`in ${engine}`, { concurrency: 1, timeout: 150_000 }, () => {
      const server = new ServerProcess();
      const network = new Proxy();
      const site = new Site();
      let browser: Browser;
      let witness: Witness;
      let tests = 0;
      /** Each test has a session of its own, so that it needn't wait for who left in the one before. */
      let session: string;
      let page: string;

      const script = (): string =>
        `<script type="module" src="${network.url}/session-connection-count.js"></script>`;
      const element = (token: string): string =>
        `<session-connection-count session-id="${session}" token="${token}">–</session-connection-count>`;

      before(async () => {
        await Promise.all([server.start(), site.start()]);
        [browser] = await Promise.all([startBrowser(engine), network.start(server.url)]);
        site.put('/empty', '<p>nothing here');
      });
      beforeEach(async () => {
        session = `test ${++tests}`;
        witness = await new Witness().watch(server, session);
        const widget = script() + element(await server.token('subscriber', session));
        page = site.put(
          `/${tests}`,
          `${widget}<a id="next" href="/next-${tests}">next</a> <a id="away" href="/empty">away</a>
           <a id="copy" href="/${tests}" target="_blank" rel="opener">copy</a>`,
        );
        site.put(`/next-${tests}`, widget);
        site.put('/doorway', `<a href="/${tests}" target="_blank" rel="opener">in</a>`);
      });
      afterEach(async () => {
        witness.close();
        await browser.clear();
      });
      after(async () => {
        await browser.stop();
        await server.stop();
        network.stop();
        site.stop();
      });

      const left = (): Witness['events'] => witness.events.filter(({ destroyed }) => destroyed);

      /** Goes back to a page that the browser kept, and Firefox loads again: it keeps none that has a WebSocket. */
      const back = async (tab: Tab): Promise<void> => {
        await tab.leave(() => history.back());
        const expected = engine === 'firefox' ? 'false' : 'false,true';
        await until(
          tab,
          (url, shown) => location.href === url && window.log.restored.join() === shown,
          page,
          expected,
        );
      };

      test('who goes back and forward stays one connection, and nobody sees a flicker', async () => {
        const onlooker = await browser.open(page);
        await shows(onlooker, 1);
        const visitor = await browser.open(page);
        await shows(visitor, 2);
        const id = await connectionOf(visitor);

        await visitor.leave(() => document.getElementById('next')!.click());
        await until(visitor, () => location.pathname.startsWith('/next'));
        await shows(visitor, 2);
        assert.equal(await connectionOf(visitor), id, 'after the link');
        await back(visitor);
        await shows(visitor, 2);
        assert.equal(await connectionOf(visitor), id, 'after going back');
        const open = await visitor.evaluate(() =>
          window.log.sockets.filter(({ readyState }) => readyState < 2),
        );
        assert.equal(open.length, 1, 'a socket was left open');
        await visitor.leave(() => history.forward());
        await until(visitor, () => location.pathname.startsWith('/next'));
        await shows(visitor, 2);
        assert.equal(await connectionOf(visitor), id, 'after going forward');
        await visitor.leave(() => location.reload());
        await until(visitor, () => window.log.restored.join() === 'false');
        await shows(visitor, 2);
        assert.equal(await connectionOf(visitor), id, 'after the reload');

        assert.deepEqual(left(), []);
        assert.deepEqual((await logOf(onlooker)).shown, ['1', '2']);
      });

      test('who goes to a page without the element has left, and is there again when back', async () => {
        const onlooker = await browser.open(page);
        await shows(onlooker, 1);
        const visitor = await browser.open(page);
        await shows(visitor, 2);
        const id = await connectionOf(visitor);
        await visitor.leave(() => document.getElementById('away')!.click());
        await shows(onlooker, 1);
        // It may hear of it a moment later than the page.
        await witness.until(() => left().length > 0);
        assert.deepEqual(
          left().map(({ destroyed, reason }) => [destroyed, reason]),
          [[id, 'clientDisconnected']],
        );

        await back(visitor);
        await shows(visitor, 2);
        await shows(onlooker, 2);
        assert.notEqual(await connectionOf(visitor), id);
        assert.deepEqual((await logOf(visitor)).shown, ['2']);
      });

      test('who is back from another site within the grace time never left', async () => {
        const visitor = await browser.open(page);
        await shows(visitor, 1);
        const id = await connectionOf(visitor);
        await visitor.goto(`${site.url.replace('127.0.0.1', 'localhost')}/empty`);
        await back(visitor);
        await shows(visitor, 1);
        assert.equal(await connectionOf(visitor), id);
        assert.deepEqual(left(), []);
      });

      // What a hidden tab isn't told while it is hidden, it would hear 15 s after what it heard last.
      test(
        'a hidden tab has the present number as soon as it is looked at',
        { timeout: 14_000 },
        async () => {
          const visitor = await browser.open(page);
          await shows(visitor, 1);
          await visitor.evaluate(() => {
            const heard: string[] = [];
            Object.assign(window, { heard });
            document
              .querySelector('session-connection-count')!
              .source!.addEventListener('countChanged', () => heard.push(document.visibilityState));
          });
          await visitor.hide();
          await until(visitor, () => document.visibilityState === 'hidden');
          const other = await browser.open(page);
          await shows(other, 2);
          await visitor.show();
          await shows(visitor, 2);
          assert.equal(
            await visitor.evaluate(() => (window as unknown as { heard: string[] }).heard.join()),
            'visible',
          );
        },
      );

      test('a tab that was copied is a connection of its own', async () => {
        const visitor = await browser.open(page);
        await shows(visitor, 1);
        const copy = await visitor.popup('#copy');
        await shows(copy, 2);
        await visitor.show();
        await shows(visitor, 2);
        assert.notEqual(await connectionOf(copy), await connectionOf(visitor));
        assert.deepEqual(left(), []);
      });

      test('a tab that was copied while it held a key is a connection of its own', async () => {
        const visitor = await browser.open(page);
        await shows(visitor, 1);
        // The page leaves its key to the next one, which doesn't take it and is copied with it.
        await visitor.goto(`${site.url}/doorway`);
        const copy = await visitor.popup('a');
        await shows(copy, 1);
        await visitor.show();
        await visitor.goto(page);
        await shows(visitor, 2);
        await shows(copy, 2);
        assert.notEqual(await connectionOf(copy), await connectionOf(visitor));
      });

      test('a connection that is reset comes back as it was, and nobody sees it go', async () => {
        const onlooker = await browser.open(page);
        await shows(onlooker, 1);
        const visitor = await browser.open(page);
        await shows(visitor, 2);
        const id = await connectionOf(visitor);
        const { sockets } = await logOf(visitor);
        network.reset();
        await until(visitor, (before) => window.log.sockets.length > before, sockets);
        await shows(visitor, 2);
        assert.equal(await connectionOf(visitor), id);
        assert.deepEqual(left(), []);
        assert.deepEqual((await logOf(onlooker)).shown, ['1', '2']);
        assert.deepEqual((await logOf(visitor)).shown, ['2']);
        assert.deepEqual((await logOf(visitor)).errors, []);
      });

      test('a silent socket is replaced when the network is back', async () => {
        const visitor = await browser.open(page);
        await shows(visitor, 1);
        const id = await connectionOf(visitor);
        network.hold();
        await visitor.evaluate(() => dispatchEvent(new Event('online')));
        await until(
          visitor,
          () => document.querySelector('session-connection-count')!.state === 'reconnecting',
        );
        network.release();
        await shows(visitor, 1);
        assert.equal(await connectionOf(visitor), id);
        assert.deepEqual(left(), []);
        assert.deepEqual((await logOf(visitor)).shown, ['1']);
      });

      test('a tab that is closed has left', async () => {
        const onlooker = await browser.open(page);
        await shows(onlooker, 1);
        const visitor = await browser.open(page);
        await shows(onlooker, 2);
        const id = await connectionOf(visitor);
        await visitor.close();
        await shows(onlooker, 1);
        await witness.until(() => left().length > 0);
        assert.deepEqual(
          left().map(({ destroyed, reason }) => [destroyed, reason]),
          [[id, 'clientDisconnected']],
        );
        assert.deepEqual((await logOf(onlooker)).shown, ['1', '2', '1']);
      });

      test('a server that is killed and back shows in no page as another number', async () => {
        const tabs = [await browser.open(page), await browser.open(page), await browser.open(page)];
        await Promise.all(tabs.map((tab) => shows(tab, 3)));
        await Promise.all(tabs.map((tab) => tab.evaluate(() => void (window.log.shown = ['3']))));
        await server.stop('SIGKILL');
        await Promise.all(
          tabs.map((tab) =>
            until(tab, () => document.querySelector('session-connection-count')!.state === 'reconnecting'),
          ),
        );
        await server.start();
        await Promise.all(tabs.map((tab) => shows(tab, 3)));
        for (const tab of tabs) assert.deepEqual((await logOf(tab)).shown, ['3']);
      });

      test('three elements with three tokens of one visitor are one connection', async () => {
        const tokens = await Promise.all(['a', 'b', 'c'].map(() => server.token('subscriber', session)));
        const visitor = await browser.open(site.put('/three', script() + tokens.map(element).join('')));
        await shows(visitor, 1);
        await until(visitor, () =>
          [...document.querySelectorAll('session-connection-count')].every(({ count }) => count === 1),
        );
        await witness.until(() => witness.present.size > 0);
        assert.equal((await logOf(visitor)).sockets, 1);
        assert.equal(witness.present.size, 1);
      });

      test('where the first of three tokens is refused, the next one serves', async () => {
        const foreign = await issueClientToken({
          apiKey: 'system-test',
          apiSecret: 'a secret of somebody else',
          sessionId: session,
          role: 'subscriber',
        });
        const tokens = [foreign, foreign + '1', await server.token('subscriber', session)];
        const visitor = await browser.open(site.put('/three', script() + tokens.map(element).join('')));
        await shows(visitor, 1);
        await until(visitor, () =>
          [...document.querySelectorAll('session-connection-count')].every(({ count }) => count === 1),
        );
        await witness.until(() => witness.present.size > 0);
        assert.equal(witness.present.size, 1);
        assert.deepEqual((await logOf(visitor)).errors, []);
      });
    });
  }
});
