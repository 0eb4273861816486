import { setTimeout as delay } from 'node:timers/promises';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type {} from '../../src/index.js';
import { chromium } from '../engines/chromium.mjs';
import type { Tab as BrowserTab } from './browsers.js';
import { keepLog, type Log } from './log.js';

export type Tab = Page;

/** A Chromium with its developer tools. Each of its tabs believes that somebody looks at it. */
export class Tabs {
  browser!: Browser;

  async start(): Promise<this> {
    this.browser = await puppeteer.launch(chromium() as Parameters<typeof puppeteer.launch>[0]);
    return this;
  }

  async open(url: string): Promise<Tab> {
    const tab = await this.browser.newPage();
    const devTools = await tab.createCDPSession();
    await devTools.send('Emulation.setFocusEmulationEnabled', { enabled: true });
    await tab.evaluateOnNewDocument(keepLog);
    await tab.goto(url);
    return tab;
  }

  /** The process ids of the renderers. */
  async renderers(): Promise<number[]> {
    const devTools = await this.browser.target().createCDPSession();
    const { processInfo } = await devTools.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  }

  stop(): Promise<void> {
    return this.browser.close();
  }
}

/** A page of any browser. */
type Scriptable = Page | BrowserTab;

/** What a page of a Site kept, with the number of sockets that it opened. */
export const logOf = (tab: Scriptable): Promise<Omit<Log, 'sockets'> & { sockets: number }> =>
  (tab as BrowserTab).evaluate(() => ({ ...window.log, sockets: window.log.sockets.length }));

/** Waits until a condition holds in a page, which may meanwhile be another. */
export async function until<Arguments extends unknown[]>(
  tab: Scriptable,
  condition: (...args: Arguments) => boolean,
  ...args: Arguments
): Promise<void> {
  const limit = Date.now() + 30_000;
  for (;;) {
    let failure: unknown;
    try {
      // A page that goes into the back/forward cache meanwhile answers when it comes back out of it.
      const silence = delay(2_000, false, { ref: false });
      if (await Promise.race([(tab as BrowserTab).evaluate(condition, ...args), silence])) return;
    } catch (error) {
      // There is no element yet, or the page is going away.
      failure = error;
    }
    if (Date.now() > limit) {
      throw new Error(`Never came true: ${condition} for ${JSON.stringify(args)}`, { cause: failure });
    }
    await delay(25);
  }
}

/** Waits until the element of a tab shows a present number. */
export const shows = (tab: Scriptable, count: number): Promise<void> =>
  until(
    tab,
    (expected: number) => {
      const { count, state, source } = document.querySelector('session-connection-count')!;
      return count === expected && state === 'connected' && !source!.stale;
    },
    count,
  );

/** The connection that the element of a tab is. */
export const connectionOf = (tab: Scriptable): Promise<string> =>
  (tab as BrowserTab).evaluate(
    () => document.querySelector('session-connection-count')!.source!.connection!.connectionId,
  );
