import { fixture, oneEvent } from '@open-wc/testing';
import { executeServerCommand } from '@web/test-runner-commands';
import type { SessionConnectionCountElement } from '../../src/element/index.js';

/** What a page noticed of itself. */
export interface Notes {
  /** Errors that nobody caught. */
  errors: string[];
  /** What came to the console. */
  lines: string[];
  /** The directives of its Content-Security-Policy that something offended against. */
  violations: string[];
}

/** The notes of a page that has nothing to complain of. */
export const nothing: Notes = { errors: [], lines: [], violations: [] };

/** A function as a script of a page, be it HTML or XML. */
export const script = (run: () => void): string =>
  `<script>//<![CDATA[\n(${run.toString()})()\n//]]></script>`;

/** Goes before all else. Tells the page around it too, which may not be allowed to look in. */
export const noteTaker = script(() => {
  const notes: Notes = { errors: [], lines: [], violations: [] };
  Object.assign(window, { notes });
  addEventListener('error', ({ message }) => notes.errors.push(message));
  addEventListener('unhandledrejection', ({ reason }) => notes.errors.push(`${reason}`));
  addEventListener('securitypolicyviolation', (event) => notes.violations.push(event.effectiveDirective));
  for (const level of ['debug', 'log', 'info', 'warn', 'error'] as const) {
    console[level] = (...values: unknown[]) => notes.lines.push(values.join(' '));
  }
  const { parent } = window;
  addEventListener('session-count-change', (event) =>
    parent.postMessage({ count: (event as CustomEvent<{ count: number }>).detail.count, notes }, '*'),
  );
});

/** The address of the real session server. */
export const serverAddress = (): Promise<string> =>
  executeServerCommand<string, undefined>('session-server:url');

/** What a site puts on its page to have the element: the built file, from the real session server. */
export const widgetScript = async (): Promise<string> =>
  `<script type="module" src="${await serverAddress()}/session-connection-count.js"></script>`;

let opened = 0;

/** The id of a session that needs no token and that nobody was in before. */
export const freshSession = (): string => `open-${Date.now()}-${++opened}`;

type PageWindow = Window & typeof globalThis & { notes: Notes };

/** A page of somebody's site, in a frame of the test's page. */
export class FramedPage {
  readonly frame = document.createElement('iframe');

  /** Opens a page with this markup. */
  static open(markup = '', sandbox?: string): Promise<FramedPage> {
    return this.#load((frame) => {
      if (sandbox !== undefined) frame.setAttribute('sandbox', sandbox);
      frame.srcdoc = `<!doctype html><html lang="en">${noteTaker}${markup}`;
    });
  }

  /** Opens a whole document of this type. */
  static openDocument(source: string, type: string): Promise<FramedPage> {
    return this.#load((frame) => (frame.src = URL.createObjectURL(new Blob([source], { type }))));
  }

  /** Opens `about:blank`. */
  static openBlank(): Promise<FramedPage> {
    return this.#load(() => {});
  }

  static async #load(fill: (frame: HTMLIFrameElement) => void): Promise<FramedPage> {
    const page = new this();
    fill(page.frame);
    const loaded = oneEvent(page.frame, 'load');
    (await fixture<HTMLElement>('<div></div>')).append(page.frame);
    await loaded;
    return page;
  }

  get window(): PageWindow {
    return this.frame.contentWindow as PageWindow;
  }

  get document(): Document {
    return this.frame.contentDocument!;
  }

  /** A copy that owes nothing to what the page made of its globals. */
  get notes(): Notes {
    return JSON.parse(JSON.stringify(this.window.notes)) as Notes;
  }

  /** The first element on the page. */
  get element(): SessionConnectionCountElement {
    return this.document.querySelector('session-connection-count')!;
  }

  /** Puts another element on the page. */
  add(properties: Partial<SessionConnectionCountElement>): SessionConnectionCountElement {
    const element = Object.assign(this.document.createElement('session-connection-count'), properties);
    this.document.body.append(element);
    return element;
  }

  /** Resolves when an element shows a number. */
  async shows(count: number, element = this.element): Promise<void> {
    while (element.count !== count) await oneEvent(this.window, 'session-count-change');
  }
}
