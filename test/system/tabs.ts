import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type {} from '../../src/index.js';
import { chromium } from '../engines/chromium.mjs';

export type Tab = Page;

/** One real browser. Each of its tabs believes that somebody looks at it. */
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

interface Logging {
  /** All that a visitor could have read off the element, in order. */
  shown: string[];
  errors: { code: number; message: string }[];
  sockets: number;
}

/** Runs in each page before its own scripts. */
function keepLog(): void {
  const log: Logging = { shown: [], errors: [], sockets: 0 };
  Object.assign(window, { log });
  const Original = WebSocket;
  window.WebSocket = class extends Original {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      log.sockets++;
    }
  };
  for (const type of ['session-count-change', 'session-state-change']) {
    addEventListener(type, ({ target }) => {
      const text = (target as Element).shadowRoot!.querySelector('[part=count]')?.textContent ?? '';
      if (text !== (log.shown.at(-1) ?? '')) log.shown.push(text);
    });
  }
  addEventListener('session-error', (event) => {
    const { code, message } = (event as CustomEvent<{ code: number; message: string }>).detail;
    log.errors.push({ code, message });
  });
}

export const logOf = (tab: Tab): Promise<Logging> => tab.evaluate('log') as Promise<Logging>;

/** Waits until the element of a tab shows a present number. */
export const shows = (tab: Tab, count: number): Promise<unknown> =>
  tab.waitForFunction(
    (expected: number) => {
      const { count, state, source } = document.querySelector('session-connection-count')!;
      return count === expected && state === 'connected' && !source!.stale;
    },
    { timeout: 30_000 },
    count,
  );
