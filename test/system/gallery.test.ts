import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type {} from '../../src/index.js';
import { ServerProcess } from './server-process.js';
import { shows, Tabs, type Tab } from './tabs.js';

interface Manifest {
  modules: { declarations: Declaration[] }[];
}
interface Declaration {
  tagName?: string;
  cssParts: { name: string }[];
  cssStates: { name: string }[];
  cssProperties: { name: string; default: string }[];
}

const manifest = JSON.parse(
  readFileSync(new URL('../../custom-elements.json', import.meta.url), 'utf8'),
) as Manifest;
const element = manifest.modules
  .flatMap(({ declarations }) => declarations)
  .find(({ tagName }) => tagName === 'session-connection-count')!;
const axe = createRequire(import.meta.url).resolve('axe-core');

/** What axe finds wrong. Runs in a page that has axe. */
async function violations(): Promise<string[]> {
  const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
  interface Violation {
    id: string;
    nodes: { html: string }[];
  }
  const result = await axe.run();
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

suite('the gallery', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'session-connection-count-'));
  const server = new ServerProcess({ API_KEY: '', API_SECRET: '', ALLOW_ORIGIN: '' }, folder);
  const tabs = new Tabs();
  const complaints: string[] = [];
  let tab: Tab;

  before(async () => {
    await Promise.all([server.start(), tabs.start()]);
    tab = await tabs.open('about:blank');
    tab.on('console', (message) => complaints.push(message.text()));
    tab.on('pageerror', (error) => complaints.push(String(error)));
    tab.on('requestfailed', (request) => complaints.push(request.url()));
    await tab.goto(`${server.url}/demo/gallery.html`);
    await shows(tab, 1);
  });
  after(async () => {
    await tabs.stop();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  test('shows the live number of the server, and leaves the console empty', async () => {
    const visitor = await tabs.open(`${server.url}/demo/two-lines.html`);
    await shows(tab, 2);
    await visitor.close();
    await shows(tab, 1);
    assert.deepEqual(complaints, []);
  });

  test('shows every state, with and without words between the tags', async () => {
    const shown = await tab.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('#states [data-state]')].flatMap((place) =>
        [...place.querySelectorAll('session-connection-count')].map((element) => {
          const title = element.shadowRoot!.querySelector<HTMLElement>('[title]')?.title ?? null;
          const { state, source, childNodes } = element;
          const words = childNodes.length ? 'words' : 'none';
          return `${place.dataset.state}: ${state}, ${source!.stale}, ${title}, ${words}`;
        }),
      ),
    );
    const expected = [
      'idle: idle, false, null',
      'connecting: connecting, false, Connecting',
      'connected: connected, false, null',
      'stale: connected, true, Reconnecting',
      'reconnecting: reconnecting, false, Reconnecting',
      'disconnected: disconnected, false, Disconnected',
      'removed: disconnected, false, Removed from the session',
      'failed: failed, false, Connection failed',
    ];
    assert.deepEqual(
      shown,
      expected.flatMap((line) => [`${line}, none`, `${line}, words`]),
    );
  });

  test('names every part and custom state, and every custom property with its default', async () => {
    const text = await tab.evaluate(() => document.body.textContent);
    for (const { name } of element.cssParts) assert.ok(text.includes(`::part(${name})`), name);
    for (const { name } of element.cssStates) assert.ok(text.includes(`:state(${name})`), name);
    const properties = await tab.evaluate(() =>
      [...document.querySelectorAll('#properties-form label')].map((label) => [
        label.querySelector('code')!.textContent,
        label.parentElement!.querySelector('output')!.textContent,
      ]),
    );
    assert.deepEqual(
      properties,
      element.cssProperties.map((property) => [property.name, property.default]),
    );
  });

  test('a control of a custom property changes the element and what there is to copy', async () => {
    const name = '--session-connection-count-gap';
    const outcome = await tab.evaluate((name) => {
      const control = document.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
      control.value = '1';
      control.dispatchEvent(new Event('input', { bubbles: true }));
      const specimen = document.querySelector<HTMLElement>('#properties-specimen')!;
      return [
        specimen.style.getPropertyValue(name),
        document.querySelector('#properties-code')!.textContent.includes(`${name}: 1em;`),
      ];
    }, name);
    assert.deepEqual(outcome, ['1em', true]);
    await tab.evaluate(() => document.querySelector<HTMLFormElement>('#properties-form')!.reset());
    await tab.waitForFunction(
      () => !document.querySelector<HTMLElement>('#properties-specimen')!.style.length,
    );
  });

  test('what there is to copy of a style is what the page applies', async () => {
    const styles = await tab.evaluate(() => {
      return [...document.querySelectorAll('head > style')].map((style) => {
        const code = document.querySelector(`[data-style="${style.id}"] pre`)!.textContent;
        const copied = new CSSStyleSheet();
        copied.replaceSync(code);
        const [shown, applied] = [copied, (style as HTMLStyleElement).sheet!].map(({ cssRules }) =>
          [...cssRules].map(({ cssText }) => cssText),
        );
        return { code, shown, applied };
      });
    });
    assert.ok(styles.length >= 8);
    for (const { code, shown, applied } of styles) {
      assert.deepEqual(shown, applied);
      assert.match(code, /^[.a-z].*\{\n {2}\S/);
    }
  });

  test('the buttons move the number everywhere, but for what is live or stands for another number', async () => {
    const shown = (): Promise<Record<string, number>> =>
      tab.evaluate(() => {
        const counts: Record<string, number> = {};
        for (const element of document.querySelectorAll('session-connection-count')) {
          if (element.id === 'live' || element.dataset.count || element.closest('[data-state]')) continue;
          counts[String(element.count)] = (counts[String(element.count)] ?? 0) + 1;
        }
        return counts;
      });
    const [number, ...others] = Object.entries(await shown());
    assert.deepEqual(others, []);
    const next = String(Number(number![0]) + 1);
    await tab.click('#more');
    assert.deepEqual(await shown(), { [next]: number![1] });
    await tab.click('#fewer');
    assert.deepEqual(await shown(), { [number![0]]: number![1] });
  });

  for (const scheme of ['light', 'dark']) {
    test(`is accessible in its ${scheme} colours, with every piece of code open`, async () => {
      await tab.evaluate((scheme) => {
        document.querySelector<HTMLElement>(`[name=scheme][value=${scheme}]`)!.click();
        for (const details of document.querySelectorAll('details')) details.open = true;
      }, scheme);
      // A number that is fading in has less contrast.
      await tab.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
      await tab.addScriptTag({ path: axe });
      assert.deepEqual(await tab.evaluate(violations), []);
    });
  }

  for (const direction of ['ltr', 'rtl']) {
    test(`fits a page 320 pixels wide, ${direction}`, async () => {
      await tab.setViewport({ width: 320, height: 640 });
      const outside = await tab.evaluate((direction) => {
        document.querySelector<HTMLElement>(`[name=dir][value=${direction}]`)!.click();
        // Code scrolls for itself.
        return [...document.querySelectorAll('body :not(pre *)')]
          .filter((element) => {
            const { left, right } = element.getBoundingClientRect();
            return left < 0 || right > 320;
          })
          .map(({ outerHTML }) => outerHTML);
      }, direction);
      assert.deepEqual(outside, []);
      assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth), 320);
    });
  }
});
