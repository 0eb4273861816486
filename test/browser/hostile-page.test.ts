import { expect, oneEvent } from '@open-wc/testing';
import { executeServerCommand } from '@web/test-runner-commands';
import type { SessionConnectionCountElement } from '../../src/element/index.js';
import {
  FramedPage,
  freshSession,
  nothing,
  noteTaker,
  script,
  serverAddress,
  widgetScript,
} from './framed-page.js';
import { visibleText } from './shown.js';

const tag = 'session-connection-count';

let widget: string;
let server: string;
let sessionId: string;
before(async () => {
  server = await serverAddress();
  widget = await widgetScript();
});
beforeEach(() => {
  sessionId = freshSession();
});

const markup = (attributes = ''): string => `<${tag} session-id="${sessionId}" ${attributes}>many</${tag}>`;

/** The nodes of an element's inside. */
const inside = (page: FramedPage, selector: string): Element =>
  page.element.shadowRoot!.querySelector(selector)!;

async function become(element: SessionConnectionCountElement, state: string): Promise<void> {
  while (element.state !== state) await oneEvent(element, 'session-state-change');
  await element.updateComplete;
}

describe('a page with a strict policy', () => {
  const policy = (directives: string): string =>
    `<meta http-equiv="Content-Security-Policy" content="${directives}">`;
  const allowed = (more = ''): string =>
    `default-src 'none'; connect-src ${server.replace('http', 'ws')}; script-src ${server} ${more}`;

  for (const types of ['', "trusted-types 'none'", 'trusted-types some-policy']) {
    it(`needs to allow script and connection alone; ${types || 'no Trusted Types'}`, async () => {
      const directives = `${allowed()}; ${types && `require-trusted-types-for 'script'; ${types}`}`;
      const page = await FramedPage.open(policy(directives) + widget + markup());
      await page.shows(1);
      expect(page.window.getComputedStyle(inside(page, '.hidden')).position).to.equal('absolute');
      expect(page.notes).to.deep.equal(nothing);
      // The policy holds.
      const violation = oneEvent(page.window, 'securitypolicyviolation');
      page.document.body.append(Object.assign(page.document.createElement('img'), { src: '/icon.png' }));
      await violation;
      if (types) expect(() => (page.document.body.innerHTML = '<p></p>')).to.throw();
    });
  }

  const neighbour = `<script type="module" src="${location.origin}/test/browser/lit-neighbour.ts"></script>`;
  for (const [order, scripts] of [
    ['before', () => neighbour + widget],
    ['after', () => widget + neighbour],
  ] as const) {
    it(`may have Trusted Types for another lit, loaded ${order} it`, async () => {
      const types = "require-trusted-types-for 'script'; trusted-types lit-html";
      const directives = `${allowed(location.origin)}; ${types}`;
      const page = await FramedPage.open(
        `${policy(directives)}${scripts()}${markup()}<lit-neighbour></lit-neighbour>`,
      );
      await page.shows(1);
      expect(page.document.querySelector('lit-neighbour')!.shadowRoot!.textContent).to.equal('neighbour');
      expect(page.notes.errors.concat(page.notes.violations)).to.deep.equal([]);
    });
  }

  it('that forbids the connection reads which directive does', async () => {
    const page = await FramedPage.open(policy("connect-src 'none'") + widget + markup());
    while (!page.element.error) await oneEvent(page.window, 'session-error');
    expect(page.element.error.code).to.equal(1006);
    expect(page.element.error.message).to.contain('connect-src');
    expect(visibleText(page.element)).to.equal('many');
    expect(page.notes.errors).to.deep.equal([]);
    expect(page.notes.lines).to.deep.equal([`session-connection-count: ${page.element.error.message}`]);
    // Before the 10 s that a join may take: a browser may tell of an error and never of a close.
  }).timeout(8_000);
});

describe('a sandboxed frame', () => {
  it('counts though its origin is opaque, and tells the page around it', async () => {
    const told = new Promise<unknown>((resolve) => {
      const listening = new AbortController();
      addEventListener(
        'message',
        ({ data, origin }: MessageEvent<{ count?: number }>) => {
          if (origin !== 'null' || data.count === undefined) return;
          listening.abort();
          resolve(data);
        },
        { signal: listening.signal },
      );
    });
    const frame = await FramedPage.open(widget + markup(), 'allow-scripts');
    expect(frame.document).to.equal(null);
    expect(await told).to.deep.equal({ count: 1, notes: nothing });
  });

  it('without scripts shows the fallback', async () => {
    const page = await FramedPage.open(widget + markup(), 'allow-same-origin');
    expect(page.element.shadowRoot).to.equal(null);
    expect(page.element.getClientRects()).to.have.lengthOf(1);
    expect(page.element.innerText).to.equal('many');
  });
});

describe('a style such as', () => {
  const page = async (css: string): Promise<FramedPage> => {
    const opened = await FramedPage.open(`<style>${css}</style>${widget}${markup('label="{count} here"')}`);
    await opened.shows(1);
    return opened;
  };

  for (const css of [
    '* { all: unset; }',
    '* { all: revert; }',
    '* { all: initial !important; }',
    '* { display: block !important; position: static !important; }',
    'span { display: none !important; }',
    'svg, path { display: none !important; }',
    '*, ::before, ::after { box-sizing: border-box; margin: 0; border: 0 solid; } svg { display: block; }',
    ':not(:defined) { display: none; }',
    '[hidden] { display: block !important; }',
    'span, svg { width: 100%; float: left; opacity: 0; animation: none !important; }',
  ]) {
    it(`${css} doesn't change its inside`, async () => {
      const opened = await page(css);
      const words = inside(opened, '.hidden');
      expect(words.getBoundingClientRect().width).to.be.at.most(1);
      expect(opened.window.getComputedStyle(words).opacity).to.equal('0');
      const { width, height } = inside(opened, 'svg').getBoundingClientRect();
      expect(width).to.be.within(1, 20);
      expect(height).to.be.within(1, 20);
      expect(visibleText(opened.element)).to.equal('1 here');
      opened.element.hidden = true;
      expect(inside(opened, '.base').getClientRects()).to.have.lengthOf(0);
      expect(opened.notes).to.deep.equal(nothing);
    });
  }

  it(`${tag} { display: none; } hides it, and it counts`, async () => {
    const opened = await page(`${tag} { display: none; }`);
    expect(opened.element.getClientRects()).to.have.lengthOf(0);
  });
});

describe('a page that acts in the handlers of its events', () => {
  const events = ['session-state-change', 'session-count-change', 'session-error'] as const;

  for (const [what, act, state] of [
    ['removes it', (element) => element.remove(), 'idle'],
    ['replaces all that is there', (element) => element.parentElement?.replaceChildren(), 'idle'],
    ['moves it', (element) => element.ownerDocument.body.prepend(element), 'connected'],
    ['disconnects it', (element) => element.disconnect(), 'disconnected'],
    ['takes its session', (element) => (element.sessionId = null), 'idle'],
    ['gives it another session', (element) => (element.sessionId = `${sessionId}-b`), 'connected'],
    [
      'disconnects it and connects it',
      (element) => {
        element.disconnect();
        element.connect();
      },
      'connected',
    ],
    [
      'adds elements',
      (element) => {
        if (element.parentElement!.childElementCount < 5) element.before(element.cloneNode(true));
      },
      'connected',
    ],
  ] as [string, (element: SessionConnectionCountElement) => void, string][]) {
    it(`and ${what} gets what it wants, and leaves others alone`, async () => {
      const page = await FramedPage.open(`${widget}<div></div>`);
      const other = page.add({ sessionId });
      const element = page.document.createElement(tag);
      // Brings a session-error.
      Object.assign(element, { sessionId, notation: 'none such' });
      for (const type of events) {
        element.addEventListener(type, (event) => {
          event.preventDefault();
          act(element);
        });
      }
      page.document.querySelector('div')!.append(element);
      await become(element, state);
      await page.shows(1, other);
      await FramedPage.open(widget + markup());
      await page.shows(2, other);
      expect(element.state).to.equal(state);
      expect(page.notes).to.deep.equal(nothing);
    });
  }

  it('and throws there hears of that alone', async () => {
    const thrower = script(() => {
      for (const type of ['session-state-change', 'session-count-change', 'session-error']) {
        addEventListener(type, () => {
          throw new Error('of the page');
        });
      }
    });
    const page = await FramedPage.open(thrower + widget + markup('notation="none such"') + markup());
    for (const element of page.document.querySelectorAll(tag)) await page.shows(1, element);
    // Two states and a number of each, and the error of one.
    expect(page.notes.errors).to.have.lengthOf(7);
    expect(page.notes.lines).to.have.lengthOf(1);
    await FramedPage.open(widget + markup());
    for (const element of page.document.querySelectorAll(tag)) await page.shows(2, element);
    expect(visibleText(page.element)).to.equal('2');
  });
});

describe('a page that sets properties to anything', () => {
  const values = [5, 0, Number.NaN, true, '', {}, [], [{}], () => {}, window, document, new Date(), null];
  for (const name of [
    'sessionId',
    'server',
    'apiKey',
    'token',
    'tokenUrl',
    'tokenProvider',
    'session',
    'label',
    'labelOne',
    'textConnecting',
    'notation',
    'announce',
    'htmlFor',
    'observe',
    'excludeSelf',
    'manual',
    'lang',
  ] as const) {
    it(`as ${name} meets no error, and may think better of it`, async () => {
      const page = await FramedPage.open(widget + markup());
      await page.shows(1);
      const { element } = page;
      for (const value of values) {
        Object.assign(element, { [name]: value });
        await element.updateComplete;
        const first = page.add({ sessionId: 'closed', [name]: value });
        await first.updateComplete;
        first.remove();
      }
      Object.assign(element, { sessionId, [name]: name === 'sessionId' ? sessionId : undefined });
      await element.updateComplete;
      await page.shows(1);
      expect(visibleText(element)).to.equal('1');
      expect(page.notes.errors).to.deep.equal([]);
    });
  }
});

describe('a page that', () => {
  const changes: Record<string, () => void> = {
    'has more in every object': () => {
      const more = function (this: unknown): unknown {
        return this;
      };
      Object.assign(Object.prototype, { extend: more, each: more, forEach: more, sort: 'junk' });
      Object.assign(Array.prototype, { each: more, contains: more, last: more, remove: more });
      Object.assign(String.prototype, { contains: more });
      Object.assign(HTMLElement.prototype, { update: more, show: more, select: more, observe: more });
    },
    'has an Array.from and a bind of its own': () => {
      Object.assign(Array, {
        from: (list?: ArrayLike<unknown>) => Object.keys(list ?? []).map((name) => list![Number(name)]),
      });
      Object.assign(Function.prototype, {
        bind(this: (...values: unknown[]) => unknown, target: unknown) {
          return (...values: unknown[]) => this.apply(target, values);
        },
      });
    },
    'has loaders of modules': () => {
      const fail = (): void => {
        throw new Error('Nobody asked for a module');
      };
      const define = Object.assign(fail, { amd: {} });
      Object.assign(window, { define, require: fail, module: { exports: {} }, exports: {}, global: window });
    },
    'freezes what there is': () => {
      for (const type of [Object, Array, Function, Promise, Map, Set, EventTarget, Event, HTMLElement]) {
        Object.freeze(type);
        Object.freeze(type.prototype);
      }
    },
    'has no storage': () => {
      Object.defineProperty(window, 'sessionStorage', { value: null });
    },
    'wraps what is defined': () => {
      const define = customElements.define.bind(customElements);
      customElements.define = (name, type) => define(name, class extends type {});
    },
    'has forms of the names of globals': () => {
      for (const name of ['crypto', 'location', 'visibilityState', 'documentElement']) {
        document.body.append(Object.assign(document.createElement('form'), { name, id: name }));
      }
    },
  };

  for (const [what, change] of Object.entries(changes)) {
    it(`${what} gets its number`, async () => {
      const page = await FramedPage.open(`<body>${script(change)}${widget}${markup('label="{count} here"')}`);
      await page.shows(1);
      expect(visibleText(page.element)).to.equal('1 here');
      expect(page.notes).to.deep.equal(nothing);
    });

    it(`${what} only later keeps its number`, async () => {
      const page = await FramedPage.open(`<body>${widget}${markup('label="{count} here"')}`);
      await page.shows(1);
      const late = page.document.createElement('script');
      late.text = `(${change.toString()})()`;
      page.document.body.append(late);
      const other = page.add({ sessionId: `${sessionId}-b`, label: '{count} there' });
      await page.shows(1, other);
      expect(visibleText(other)).to.equal('1 there');
      expect(visibleText(page.element)).to.equal('1 here');
      expect(page.notes).to.deep.equal(nothing);
    });
  }

  it('takes the WebSocket away reads what is missing', async () => {
    const page = await FramedPage.open(widget);
    Object.assign(page.window, { WebSocket: undefined });
    const element = page.add({ sessionId });
    await become(element, 'failed');
    expect(element.error!.code).to.equal(1006);
    expect(page.notes.errors).to.deep.equal([]);
  });
});

describe('a page of another kind', () => {
  const works = async (page: FramedPage): Promise<void> => {
    await page.shows(1);
    expect(page.window.getComputedStyle(inside(page, '.hidden')).position).to.equal('absolute');
    expect(page.notes).to.deep.equal(nothing);
  };

  it('may be in quirks mode', async () => {
    const page = await FramedPage.openDocument(noteTaker + widget + markup(), 'text/html');
    expect(page.document.compatMode).to.equal('BackCompat');
    await works(page);
  });

  it('may be XHTML', async () => {
    // Chromium and WebKit run no module that stands in XML.
    const imported = `<script>import('${server}/session-connection-count.js')</script>`;
    const body = `<body>${noteTaker}${imported}${markup()}</body>`;
    const page = await FramedPage.openDocument(
      `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>XML</title></head>${body}</html>`,
      'application/xhtml+xml',
    );
    expect(page.document.contentType).to.equal('application/xhtml+xml');
    await works(page);
  });

  it('may be written by a script', async () => {
    const page = await FramedPage.openBlank();
    page.document.open();
    page.document.write(`<!doctype html>${noteTaker}${widget}${markup()}`);
    page.document.close();
    while (!page.element.shadowRoot) await page.window.customElements.whenDefined(tag);
    await works(page);
  });

  it('may have an address that others are relative to', async () => {
    const page = await FramedPage.open(`<base href="${server}/somewhere/">${widget}${markup('server=".."')}`);
    await works(page);
  });

  it('may get its token from the origin that its frame is of', async () => {
    const token = await executeServerCommand<string, object>('session-server:token', { sessionId: 'closed' });
    const fetched = `<script>fetch = () => Promise.resolve(new Response('${token}'))</script>`;
    sessionId = 'closed';
    await works(await FramedPage.open(`${fetched}${widget}${markup('token-url="/token"')}`));
  });

  it('may mirror the number into the element itself', async () => {
    const page = await FramedPage.open(`${widget}${markup('id="own" for="own"')}`);
    await works(page);
    expect(page.element.textContent).to.equal('1');
  });
});
