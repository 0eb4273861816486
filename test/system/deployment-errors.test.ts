import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, suite, test } from 'node:test';
import puppeteer, { type Browser, type LaunchOptions, type Page } from 'puppeteer-core';
import type { SessionErrorDetail } from '../../src/index.js';
import { chromium } from '../engines/chromium.mjs';
import { firefox } from '../engines/firefox.mjs';
import { installedEngines } from '../engines/installed.mjs';
import { PackageSite } from './package-site.js';
import { ServerProcess } from './server-process.js';

const launchOptions = {
  chromium: () => {
    const { args, ...options } = chromium();
    const names = 'MAP nowhere.example ~NOTFOUND, MAP *.example 127.0.0.1';
    return { ...options, args: [...args, `--host-resolver-rules=${names}`] };
  },
  firefox: () => firefox({ 'network.dns.localDomains': 'site.example,server.example' }),
};

/** A port that nothing listens at. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface Log {
  errors: SessionErrorDetail[];
  sockets: number;
}

/** Runs in each page before its own scripts. */
function keepLog(): void {
  const log: Log = { errors: [], sockets: 0 };
  Object.assign(window, { log });
  const Original = WebSocket;
  window.WebSocket = class extends Original {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      log.sockets++;
      super(...args);
    }
  };
  addEventListener('session-error', (event) => {
    log.errors.push((event as CustomEvent<SessionErrorDetail>).detail);
  });
}

/** What a page author gets to see. */
interface Report extends Log {
  state: string;
  /** The message of `element.error`. */
  message: string | undefined;
  /** The element's lines on the console. */
  console: string[];
}

for (const engine of installedEngines().filter((name) => name !== 'webkit')) {
  suite(`the first errors of a deployment, in ${engine}`, { timeout: 180_000 }, () => {
    const server = new ServerProcess();
    const strict = new ServerProcess({ API_KEY: 'strict', API_SECRET: 'a secret of a strict server' });
    const site = new PackageSite();
    const secureSite = new PackageSite('site.example');
    let browser: Browser;
    let tab: Page | undefined;

    before(async () => {
      const options = launchOptions[engine as keyof typeof launchOptions]() as LaunchOptions;
      [browser] = await Promise.all([
        puppeteer.launch({ ...options, acceptInsecureCerts: true }),
        server.start(),
        strict.start(),
        site.start(),
        secureSite.start(),
      ]);
    });
    afterEach(async () => {
      await tab?.close();
      tab = undefined;
    });
    after(async () => {
      await browser.close();
      await Promise.all([server.stop(), strict.stop()]);
      site.stop();
      secureSite.stop();
    });

    const widget = (attributes: string, script = 'src="/dist/cdn/session-connection-count.js"'): string =>
      `<script type="module" ${script}></script>
       <session-connection-count session-id="lobby" ${attributes}></session-connection-count>`;

    /** Opens a page and waits for what it reports first, or for more. */
    async function open(url: string, enough = 'log.errors.length'): Promise<Report> {
      const page = (tab = await browser.newPage());
      const lines: string[] = [];
      page.on('console', (line) => {
        if (line.text().startsWith('session-connection-count:')) lines.push(line.text());
      });
      await page.evaluateOnNewDocument(keepLog);
      await page.goto(url);
      await page.waitForFunction(enough, { timeout: 30_000 });
      const element = await page.evaluate(() => {
        const { state, error } = document.querySelector('session-connection-count')!;
        return { state, message: error?.message };
      });
      const log = (await page.evaluate('log')) as Log;
      return { ...log, ...element, console: lines };
    }

    /** One error that everybody finds, in one sentence that has these parts. */
    function isTold({ errors, message, console }: Report, ...parts: (string | RegExp)[]): void {
      assert.equal(errors.length, 1);
      const told = errors[0]!.message;
      assert.equal(message, told);
      assert.deepEqual(console, [`session-connection-count: ${told}`]);
      for (const part of parts) {
        assert.ok(typeof part === 'string' ? told.includes(part) : part.test(told), `${told} lacks ${part}`);
      }
      assert.doesNotMatch(told, /[.!?]\s|\n/, 'It is more than a sentence');
      assert.ok(told.length < 250, 'It is too long to be read');
    }

    test('the widget works where nothing is wrong', async () => {
      const address = `http://server.example:${new URL(server.url).port}`;
      const token = await server.token();
      const page = site.put('/good', widget(`server="${address}" token="${token}"`));
      const connected = 'document.querySelector("session-connection-count").count === 1';
      const { message, ...report } = await open(page, connected);
      assert.equal(message, undefined);
      assert.deepEqual(report, {
        errors: [],
        sockets: 1,
        state: 'connected',
        console: [],
      });
    });

    test('nothing listens: told once, however often it tries', async () => {
      const address = `127.0.0.1:${await freePort()}`;
      const page = site.put('/silent', widget(`server="http://${address}"`));
      const report = await open(page, 'log.sockets > 2');
      isTold(report, address, '"server"', 'runs');
      assert.equal(report.state, 'connecting');
      assert.equal(report.errors[0]!.code, 1006);
    });

    test('the host has no address', async () => {
      const page = site.put('/nowhere', widget('server="http://nowhere.example"'));
      isTold(await open(page), 'nowhere.example', '"server"');
    });

    test('the server is a plain web site', async () => {
      site.put('/v1/connect', 'Welcome');
      isTold(
        await open(site.put('/plain', widget('server="/"'))),
        `${new URL(site.url).host}/v1/connect`,
        '"server"',
      );
      isTold(await open(site.put('/other', widget('server="/missing/"'))), '/missing/v1/connect', '"server"');
    });

    test('the address is without its https://, and so one on the site', async () => {
      const page = site.put('/bare', widget('server="server.example"'));
      isTold(await open(page), `${new URL(site.url).host}/server.example/v1/connect`, '"server"');
    });

    for (const [address, named] of [
      ['ftp://server.example', 'ftp://server.example'],
      ['javascript:alert(1)', 'javascript:alert(1)'],
      ['https://server.example:123456', 'https://server.example:123456'],
    ] as const) {
      test(`the address is ${address}`, async () => {
        const report = await open(site.put('/address', widget(`server="${address}"`)));
        isTold(report, 'server', named, 'http or https');
        assert.deepEqual([report.state, report.sockets], ['failed', 0]);
      });
    }

    test('the origin is refused: the setting is named, and it stops', async () => {
      const report = await open(site.put('/stranger', widget(`server="${strict.url}"`)));
      isTold(report, site.url, '--allow-origin (ALLOW_ORIGIN)');
      assert.equal(report.state, 'failed');
    });

    test("the page's policy has no connect-src for the server", async () => {
      const policy = "default-src 'self'";
      const page = site.put('/policy', widget(`server="${server.url}"`), policy);
      isTold(await open(page), new URL(server.url).host, 'connect-src');
    });

    test('an http server on an https page', async () => {
      const { port } = new URL(server.url);
      const page = secureSite.put('/mixed', widget(`server="http://server.example:${port}"`));
      const report = await open(page);
      isTold(report, `server.example:${port}`, 'https where the page is');
      assert.deepEqual([report.state, report.errors[0]!.fatal], ['failed', true]);
    });

    test('no server, with the file of npm and with that of a CDN', async () => {
      const packages = {
        lit: 'index.js',
        'lit-html': 'lit-html.js',
        '@lit/reactive-element': 'reactive-element.js',
      };
      const imports = Object.fromEntries(
        ['lit', 'lit-html', 'lit-element', '@lit/reactive-element'].flatMap((name) => [
          [`${name}/`, `/node_modules/${name}/`],
          ...(name in packages
            ? [[name, `/node_modules/${name}/${packages[name as keyof typeof packages]}`]]
            : []),
        ]),
      ) as Record<string, string>;
      const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
      for (const [path, body] of [
        ['/npm', map + widget('', 'src="/dist/index.js"')],
        ['/cdn', widget('')],
      ] as const) {
        const report = await open(site.put(path, body));
        isTold(report, 'attribute "server" is missing');
        assert.deepEqual([report.state, report.sockets], ['failed', 0]);
      }
    });

    for (const [what, sessionId] of [
      ['too long', 'x'.repeat(256)],
      ['of two lines', 'a&#10;b'],
    ] as const) {
      test(`a session-id that is ${what}`, async () => {
        const page = site.put('/id', widget(`server="${server.url}"`).replace('lobby', sessionId));
        const report = await open(page);
        assert.equal(report.errors.length, 1);
        assert.match(
          report.errors[0]!.message,
          /^The session id ".* 1 to 255 characters, no control characters$/,
        );
        assert.deepEqual([report.state, report.sockets], ['failed', 0]);
      });
    }
  });
}
