import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import puppeteer, { type Browser, type CDPSession, type Page } from 'puppeteer-core';
import { remote } from 'webdriverio';
import type {} from '../../src/index.js';
import { chromium } from '../engines/chromium.mjs';
import { firefox } from '../engines/firefox.mjs';
import { installedEngines } from '../engines/installed.mjs';
import { startWebKit } from '../engines/webkit.mjs';
import { Site } from './site.js';

const engines = installedEngines();
const skipWithout = (engine: string): { skip: string | false } => ({
  skip: !engines.includes(engine) && `${engine} is not installed, or not in ENGINE`,
});

interface Scene {
  state: string;
  count?: number;
  reason?: string;
}

const scenes: Record<string, Scene> = {
  idle: { state: 'idle' },
  connecting: { state: 'connecting' },
  connected: { state: 'connected', count: 1500 },
  reconnecting: { state: 'reconnecting', count: 1500 },
  disconnected: { state: 'disconnected' },
  removed: { state: 'disconnected', reason: 'forceDisconnected' },
  failed: { state: 'failed' },
};

/** Gives each element of a page a source that is what the scene says. Runs in the page. */
async function play(scene: Scene): Promise<void> {
  for (const element of document.querySelectorAll('session-connection-count')) {
    element.session = Object.assign(new EventTarget(), scene);
    await element.updateComplete;
  }
}

/** The names of the animations that run. Runs in the page. */
async function motions(scenes: Scene[]): Promise<string[]> {
  const names: string[] = [];
  const element = document.querySelector('session-connection-count')!;
  for (const scene of scenes) {
    element.session = Object.assign(new EventTarget(), scene);
    await element.updateComplete;
    names.push(
      ...element.shadowRoot!.getAnimations().map((motion) => (motion as CSSAnimation).animationName),
    );
  }
  return names;
}

/** How many colours there are in a picture. Runs in the page. */
async function coloursIn(picture: string): Promise<number> {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  return new Set(new Uint32Array(data.buffer)).size;
}

suite('appearance', { timeout: 180_000 }, () => {
  const site = new Site();
  let script: string;

  before(async () => {
    const file = await readFile(
      new URL('../../dist/cdn/session-connection-count.js', import.meta.url),
      'utf8',
    );
    script = `<script type="module">${file}</script>`;
    await site.start();
  });
  after(() => site.stop());

  const launch = (options: unknown): Promise<Browser> =>
    puppeteer.launch(options as Parameters<typeof puppeteer.launch>[0]);

  suite('to a screen reader in Chromium', skipWithout('chromium'), () => {
    let browser: Browser;
    let page: Page;
    let devTools: CDPSession;

    before(async () => {
      browser = await launch(chromium());
      page = await browser.newPage();
      devTools = await page.createCDPSession();
      const element = '<session-connection-count label="{count} viewers">many</session-connection-count>';
      await page.goto(
        site.put(
          '/read',
          `${script}<main>${element}</main>
           <h2>Live: ${element} now</h2><button>Chat ${element}</button><a href="#">Room ${element}</a>`,
        ),
      );
      // What was there before the number is what a browser may keep.
      await devTools.send('Accessibility.enable');
      await devTools.send('Accessibility.getFullAXTree');
    });
    after(() => browser.close());

    for (const [name, read] of [
      ['idle', 'many'],
      ['connecting', 'Connecting many'],
      ['connected', '1,500 viewers'],
      ['reconnecting', 'Reconnecting 1,500 viewers'],
      ['disconnected', 'Disconnected many'],
      ['removed', 'Removed from the session many'],
      ['failed', 'Connection failed many'],
    ] as const) {
      test(`${name} is "${read}", once, and so in the names of what it stands in`, async () => {
        await page.evaluate(play, scenes[name]!);
        const { nodes } = await devTools.send('Accessibility.getFullAXTree');
        const told = nodes.filter(({ ignored }) => !ignored);
        const nameOf = (role: string): unknown => told.find((node) => node.role!.value === role)!.name!.value;
        assert.equal(nameOf('heading'), `Live: ${read} now`);
        assert.equal(nameOf('button'), `Chat ${read}`);
        assert.equal(nameOf('link'), `Room ${read}`);
        const texts = (id: string): string[] => {
          const { role, name, description, childIds } = nodes.find(({ nodeId }) => nodeId === id)!;
          assert.ok(!description?.value, `described: ${description?.value}`);
          return role!.value === 'StaticText' ? [name!.value as string] : childIds!.flatMap(texts);
        };
        const main = told.find((node) => node.role!.value === 'main')!;
        assert.equal(
          texts(main.nodeId)
            .map((text) => text.trim())
            .join(' '),
          read,
        );
      });
    }
  });

  /** Opens a page whose author wants the indicator in the colour of the page. */
  async function openPlain(
    browser: Browser,
    prepare = async (_page: Page): Promise<void> => {},
  ): Promise<Page> {
    const page = await browser.newPage();
    await prepare(page);
    await page.goto(
      site.put(
        '/plain',
        `<style>
          body { background: white; color: black }
          session-connection-count { font-size: 60px; --session-connection-count-indicator-color: white }
        </style>${script}<p><session-connection-count label="{count} viewers"></session-connection-count></p>`,
      ),
    );
    return page;
  }

  /** How many colours the indicator's place has, in each state. */
  async function coloursOfIndicator(page: Page): Promise<Record<string, number>> {
    const colours: Record<string, number> = {};
    for (const [name, scene] of Object.entries(scenes)) {
      await page.evaluate(play, scene);
      const clip = await page.evaluate(() => {
        const { shadowRoot } = document.querySelector('session-connection-count')!;
        const { x, y, width, height } = shadowRoot!.querySelector('svg')!.getBoundingClientRect();
        return { x, y, width, height };
      });
      const picture = await page.screenshot({ clip, encoding: 'base64' });
      colours[name] = await page.evaluate(coloursIn, picture);
    }
    return colours;
  }

  const assertVisible = async (page: Page): Promise<void> => {
    assert.ok(await page.evaluate(() => matchMedia('(forced-colors: active)').matches), 'no forced colours');
    const [fill, background] = await page.evaluate(() => {
      const { shadowRoot } = document.querySelector('session-connection-count')!;
      return [
        getComputedStyle(shadowRoot!.querySelector('svg')!).fill,
        getComputedStyle(document.body).backgroundColor,
      ];
    });
    assert.notEqual(fill, background);
    for (const [name, colours] of Object.entries(await coloursOfIndicator(page)))
      assert.ok(colours > 1, `${name}: nothing to see`);
  };

  test('in forced colours the indicator stays visible, in Chromium', skipWithout('chromium'), async () => {
    const browser = await launch(chromium());
    try {
      const plain = await openPlain(browser);
      assert.deepEqual([...new Set(Object.values(await coloursOfIndicator(plain)))], [1]);
      const page = await openPlain(browser, async (page) => {
        const devTools = await page.createCDPSession();
        const features = [{ name: 'forced-colors', value: 'active' }];
        await devTools.send('Emulation.setEmulatedMedia', { features });
      });
      await assertVisible(page);
    } finally {
      await browser.close();
    }
  });

  const moving = (): Scene[] => [
    scenes.connecting!,
    scenes.connected!,
    { state: 'connected', count: 1501 },
    scenes.reconnecting!,
  ];
  const still = (): string =>
    site.put('/still', `${script}<session-connection-count></session-connection-count>`);
  const reduced = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

  suite('in Firefox', skipWithout('firefox'), () => {
    let browser: Browser;

    before(async () => {
      const preferences = { 'browser.display.document_color_use': 2, 'ui.prefersReducedMotion': 1 };
      browser = await launch(firefox(preferences));
    });
    after(() => browser.close());

    test('in forced colours the indicator stays visible', async () => {
      await assertVisible(await openPlain(browser));
    });

    test('nothing moves where motion is to be reduced', async () => {
      const page = await browser.newPage();
      await page.goto(still());
      assert.equal(await page.evaluate(reduced), true);
      assert.deepEqual(await page.evaluate(motions, moving()), []);
    });
  });

  test('nothing moves where motion is to be reduced, in WebKit', skipWithout('webkit'), async () => {
    // WebKitGTK asks GTK, which asks this folder.
    const folder = await mkdtemp(join(tmpdir(), 'reduced-motion-'));
    await mkdir(join(folder, 'gtk-3.0'));
    await writeFile(join(folder, 'gtk-3.0/settings.ini'), '[Settings]\ngtk-enable-animations=0\n');
    process.env.XDG_CONFIG_HOME = folder;
    const { stop, ...options } = await startWebKit();
    try {
      const browser = await remote(options);
      await browser.url(still());
      assert.equal(await browser.execute(reduced), true);
      assert.deepEqual(await browser.execute(motions, moving()), []);
      await browser.deleteSession();
    } finally {
      stop();
      await rm(folder, { recursive: true });
    }
  });
});
