import puppeteer, { type Browser as PuppeteerBrowser, type Page } from 'puppeteer-core';
import WebDriver, { type Client } from 'webdriver';
import { chromium } from '../engines/chromium.mjs';
import { firefox } from '../engines/firefox.mjs';
import { startWebKit } from '../engines/webkit.mjs';

/** How long a browser may take for a command, in ms. */
const longestCommand = 15_000;

/** A page in a window of its own, so that it is in sight until it is hidden. */
export interface Tab {
  /** Runs a function in the page; its arguments and its result are JSON. */
  evaluate<Arguments extends unknown[], Result>(
    script: (...args: Arguments) => Result,
    ...args: Arguments
  ): Promise<Awaited<Result>>;
  goto(url: string): Promise<unknown>;
  /** Runs a function that takes the tab elsewhere, when the page has answered: afterwards it may be unable to. */
  leave(script: () => void): Promise<unknown>;
  /** Clicks as a visitor does, and returns the tab that this opens. */
  popup(selector: string): Promise<Tab>;
  /** Puts the page out of sight: the newest tab's only. */
  hide(): Promise<void>;
  show(): Promise<void>;
  close(): Promise<void>;
}

/** One real browser of any engine. */
export interface Browser {
  open(url: string): Promise<Tab>;
  /** Closes what tabs are still open. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a browser of an engine that is installed. */
export async function startBrowser(engine: string): Promise<Browser> {
  if (engine === 'webkit') return WebDriverBrowser.start();
  const options = { ...(engine === 'firefox' ? firefox() : chromium()), protocolTimeout: longestCommand };
  return new DrivenByPuppeteer(await puppeteer.launch(options as Parameters<typeof puppeteer.launch>[0]));
}

/** Chromium over its own protocol, and Firefox over WebDriver BiDi. */
class DrivenByPuppeteer implements Browser {
  readonly #browser: PuppeteerBrowser;

  constructor(browser: PuppeteerBrowser) {
    this.#browser = browser;
  }

  async open(url: string): Promise<Tab> {
    const page = await this.#browser.newPage({ type: 'window' });
    await page.goto(url);
    return new PuppeteerTab(page);
  }

  async clear(): Promise<void> {
    const [, ...others] = await this.#browser.pages();
    // One after the other: a window of Firefox goes with its last tab, and with it the answer to closing the next.
    for (const page of others) await page.close();
  }

  stop(): Promise<void> {
    return this.#browser.close();
  }
}

class PuppeteerTab implements Tab {
  readonly #page: Page;
  #cover: Page | undefined;

  constructor(page: Page) {
    this.#page = page;
  }

  evaluate<Arguments extends unknown[], Result>(
    script: (...args: Arguments) => Result,
    ...args: Arguments
  ): Promise<Awaited<Result>> {
    return this.#page.evaluate(script as (...all: unknown[]) => Result, ...args);
  }

  goto(url: string): Promise<unknown> {
    return this.#page.goto(url);
  }

  leave(script: () => void): Promise<unknown> {
    return this.#page.evaluate(`void setTimeout(${script})`);
  }

  async popup(selector: string): Promise<Tab> {
    const opened = new Promise<Page>((resolve) => this.#page.once('popup', (page) => resolve(page!)));
    await this.#page.click(selector);
    return new PuppeteerTab(await opened);
  }

  async hide(): Promise<void> {
    this.#cover = await this.#page.browser().newPage({ type: 'tab' });
  }

  async show(): Promise<void> {
    await this.#cover?.close();
    await this.#page.bringToFront();
  }

  close(): Promise<void> {
    return this.#page.close();
  }
}

/** WebKit over WebDriver, which has one current window at a time. */
class WebDriverBrowser implements Browser {
  readonly #session: Client;
  readonly #stopDriver: () => void;
  /** A window that stays, since the session ends with the last. */
  readonly #home: string;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(session: Client, home: string, stopDriver: () => void) {
    this.#session = session;
    this.#home = home;
    this.#stopDriver = stopDriver;
  }

  static async start(): Promise<WebDriverBrowser> {
    const { stop, ...options } = await startWebKit();
    const session = await WebDriver.newSession(options);
    await session.setTimeouts(0, longestCommand, longestCommand);
    return new WebDriverBrowser(session, await session.getWindowHandle(), stop);
  }

  async open(url: string): Promise<Tab> {
    const { handle } = await this.inWindow(this.#home, (session) => session.createWindow('window'));
    const tab = new WebDriverTab(this, handle);
    await tab.goto(url);
    return tab;
  }

  async clear(): Promise<void> {
    for (const handle of await this.handles()) {
      if (handle !== this.#home) await this.inWindow(handle, (session) => session.closeWindow());
    }
  }

  async stop(): Promise<void> {
    await this.#session.deleteSession();
    this.#stopDriver();
  }

  handles(): Promise<string[]> {
    return this.inWindow(this.#home, (session) => session.getWindowHandles());
  }

  /** Does something in a window when no other one is in use. */
  inWindow<Result>(handle: string, act: (session: Client) => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(async () => {
      await this.#session.switchToWindow(handle);
      return act(this.#session);
    });
    this.#turn = result.catch(() => {});
    return result;
  }
}

class WebDriverTab implements Tab {
  readonly #browser: WebDriverBrowser;
  readonly #handle: string;

  constructor(browser: WebDriverBrowser, handle: string) {
    this.#browser = browser;
    this.#handle = handle;
  }

  evaluate<Arguments extends unknown[], Result>(
    script: (...args: Arguments) => Result,
    ...args: Arguments
  ): Promise<Awaited<Result>> {
    return this.#do((session) =>
      session.executeScript(`return (${script})(...arguments)`, args as object[]),
    ) as Promise<Awaited<Result>>;
  }

  goto(url: string): Promise<unknown> {
    return this.#do((session) => session.navigateTo(url));
  }

  leave(script: () => void): Promise<unknown> {
    return this.#do((session) => session.executeScript(`setTimeout(${script})`, []));
  }

  async popup(selector: string): Promise<Tab> {
    const before = await this.#browser.handles();
    await this.#do(async (session) => {
      const element = await session.findElement('css selector', selector);
      await session.elementClick(Object.values(element)[0] as string);
    });
    for (;;) {
      const opened = (await this.#browser.handles()).find((handle) => !before.includes(handle));
      if (opened) return new WebDriverTab(this.#browser, opened);
    }
  }

  async hide(): Promise<void> {
    await this.#do((session) => session.minimizeWindow());
  }

  async show(): Promise<void> {
    await this.#do((session) => session.maximizeWindow());
  }

  async close(): Promise<void> {
    await this.#do((session) => session.closeWindow());
  }

  #do<Result>(act: (session: Client) => Promise<Result>): Promise<Result> {
    return this.#browser.inWindow(this.#handle, act);
  }
}
