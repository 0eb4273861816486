import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, suite, test } from 'node:test';
import { packageVersion } from '../../src/server/package-files.js';
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

  const policy = (directives: string): string =>
    `<meta http-equiv="Content-Security-Policy" content="${directives}">`;

  for (const trustedTypes of ['none', 'some-other-policy']) {
    test(`everything forbidden but script and connection, Trusted Types '${trustedTypes}'`, async () => {
      const allowed = `default-src 'none'; script-src ${server.url}; connect-src ${server.url.replace('http', 'ws')}`;
      const types = `require-trusted-types-for 'script'; trusted-types ${trustedTypes === 'none' ? "'none'" : trustedTypes}`;
      const tab = await tabs.open(site.put('/strict', policy(`${allowed}; ${types}`) + widget));
      await shows(tab, 1);
      const display = await tab.evaluate(
        () =>
          getComputedStyle(
            document.querySelector('session-connection-count')!.shadowRoot!.querySelector('svg')!,
          ).position,
      );
      assert.equal(display, 'absolute', 'it is not styled');
    });
  }

  test('a page that demands the hash of the file that the server serves', async () => {
    const address = `${server.url}/session-connection-count-${packageVersion}.js`;
    const script = Buffer.from(await (await fetch(address)).arrayBuffer());
    const integrity = `sha384-${createHash('sha384').update(script).digest('base64')}`;
    const pinned = widget.replace(
      /src="[^"]*"/,
      `src="${address}" integrity="${integrity}" crossorigin="anonymous"`,
    );
    await shows(await tabs.open(site.put('/pinned', pinned)), 1);
  });

  test('a policy that forbids the connection is told at once, and by its name', async () => {
    const tab = await tabs.open(site.put('/closed', policy("connect-src 'none'") + widget));
    // Before the 10 s that a join may take: a browser may tell of an error and never of a close.
    await tab.waitForFunction('log.errors.length', { timeout: 8_000 });
    const { errors } = await logOf(tab);
    assert.equal(errors[0]!.code, 1006);
    assert.match(errors[0]!.message, /connect-src/);
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

  test('a sandboxed frame, whose origin is opaque, counts too', async () => {
    const outer = site.put(
      '/outer',
      `<iframe sandbox="allow-scripts" src="${site.put('/inner', widget)}"></iframe>${widget}`,
    );
    const tab = await tabs.open(outer);
    await shows(tab, 2);
  });
});
