import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, suite, test } from 'node:test';
import { version } from '../../src/version.js';
import { ServerProcess } from './server-process.js';
import { Site } from './site.js';
import { logOf, shows, Tabs } from './tabs.js';

suite('pages with strict policies', { timeout: 60_000 }, () => {
  const server = new ServerProcess();
  const site = new Site();
  const tabs = new Tabs();
  let widget: string;

  before(async () => {
    await Promise.all([server.start(), site.start(), tabs.start()]);
    widget = `<script type="module" src="${server.url}/session-connection-count.js"></script>
      <session-connection-count session-id="lobby" token="${await server.token()}">–</session-connection-count>`;
  });
  afterEach(async () => {
    const [, ...others] = await tabs.browser.pages();
    await Promise.all(others.map((tab) => tab.close()));
    // The next test counts from 0 again.
    await server.stop();
    await server.start();
  });
  after(async () => {
    await tabs.stop();
    await server.stop();
    site.stop();
  });

  test('a page that demands the hash of the file that the server serves', async () => {
    const address = `${server.url}/session-connection-count-${version}.js`;
    const script = Buffer.from(await (await fetch(address)).arrayBuffer());
    const integrity = `sha384-${createHash('sha384').update(script).digest('base64')}`;
    const pinned = widget.replace(
      /src="[^"]*"/,
      `src="${address}" integrity="${integrity}" crossorigin="anonymous"`,
    );
    await shows(await tabs.open(site.put('/pinned', pinned)), 1);
  });

  test('a page whose origin the server refuses reads the setting to change', async () => {
    const strict = await new ServerProcess({
      API_KEY: 'strict',
      API_SECRET: 'a secret of a strict server',
    }).start();
    try {
      const tab = await tabs.open(site.put('/stranger', widget.replace(server.url, strict.url)));
      await tab.waitForFunction('log.errors.length');
      const { errors, sockets } = await logOf(tab);
      assert.equal(errors[0]!.code, 1004);
      assert.ok(errors[0]!.message.includes(site.url), errors[0]!.message);
      assert.match(errors[0]!.message, /--allow-origin \(ALLOW_ORIGIN\)/);
      assert.ok(sockets <= 2, `it tried ${sockets} times`);
      const state = await tab.evaluate(() => document.querySelector('session-connection-count')!.state);
      assert.equal(state, 'failed');
    } finally {
      await strict.stop();
    }
  });
});
