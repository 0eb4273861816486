import { expect, fixture } from '@open-wc/testing';
import { SessionConnectionCountElement } from '../../src/index.js';
import { record, show, visibleText } from './shown.js';
import { ScriptedSource } from './scripted-source.js';

const tag = 'session-connection-count';

describe('definition', () => {
  /** A registry that keeps what it is told. */
  const registry = (): CustomElementRegistry => {
    const names = new Map<string, CustomElementConstructor>();
    return {
      get: (name: string) => names.get(name),
      define: (name: string, element: CustomElementConstructor) => {
        if ([...names.values()].includes(element)) throw new DOMException('taken', 'NotSupportedError');
        names.set(name, element);
      },
    } as unknown as CustomElementRegistry;
  };

  const linesOf = (run: () => void): string[] => {
    const lines: string[] = [];
    const { warn } = console;
    console.warn = (line: string) => lines.push(line);
    try {
      run();
    } finally {
      console.warn = warn;
    }
    return lines;
  };

  it('a second copy of the file changes nothing and says nothing', async () => {
    const address = '../../src/element/session-connection-count.ts?second';
    const second = (await import(address)) as {
      SessionConnectionCountElement: typeof SessionConnectionCountElement;
    };
    expect(second.SessionConnectionCountElement).not.to.equal(SessionConnectionCountElement);
    expect(linesOf(() => second.SessionConnectionCountElement.define())).to.deep.equal([]);
    expect(customElements.get(tag)).to.equal(SessionConnectionCountElement);
  });

  it('a second copy of another version says so', () => {
    const other = registry();
    other.define(
      tag,
      class extends HTMLElement {
        static version = '0.0.1';
      },
    );
    const lines = linesOf(() => SessionConnectionCountElement.define(tag, other));
    expect(lines).to.have.lengthOf(1);
    expect(lines[0]).to.contain('0.0.1').and.to.contain(SessionConnectionCountElement.version);
  });

  it('may have other names too', () => {
    const other = registry();
    SessionConnectionCountElement.define('live-count', other);
    SessionConnectionCountElement.define('x-live-count', other);
    expect(other.get('live-count')).to.equal(SessionConnectionCountElement);
    expect(other.get('x-live-count')!.prototype).to.be.instanceOf(SessionConnectionCountElement);
  });
});

describe('life', () => {
  it('takes properties that were set before the upgrade', async () => {
    const early = document.createElement('early-count') as SessionConnectionCountElement;
    early.session = new ScriptedSource({ state: 'connected', count: 9 });
    early.label = '{count} early';
    (await fixture('<div></div>')).append(early);
    SessionConnectionCountElement.define('early-count');
    await early.updateComplete;
    expect(visibleText(early)).to.equal('9 early');
  });

  it('a move in the page is no event', async () => {
    const { element, source } = await show({ state: 'connected', count: 9 });
    const details = record(element, 'session-state-change', 'session-count-change');
    const other = await fixture('<p></p>');
    other.append(element);
    await element.updateComplete;
    expect(source.listeners).to.equal(4);
    source.play({ count: 10 });
    await element.updateComplete;
    expect(details).to.deep.equal([{ count: 10, previous: 9 }]);
    expect(visibleText(element)).to.equal('10');
  });

  it('moveBefore() is no event either', async function () {
    const other = await fixture<Element & { moveBefore?(node: Node, child: null): void }>('<p></p>');
    if (!other.moveBefore) return this.skip();
    const { element, source } = await show({ state: 'connected', count: 9 });
    const details = record(element, 'session-state-change', 'session-count-change');
    other.moveBefore(element, null);
    source.play({ count: 10 });
    await element.updateComplete;
    expect(details).to.deep.equal([{ count: 10, previous: 9 }]);
    expect(visibleText(element)).to.equal('10');
  });

  it('off the page it listens to nothing, and back it is up to date', async () => {
    const { element, source } = await show({ state: 'connected', count: 9 }, 'announce="5"');
    const page = element.parentElement!;
    element.remove();
    await element.updateComplete;
    expect(source.listeners).to.equal(0);
    expect([element.state, element.count, element.source]).to.deep.equal(['idle', undefined, undefined]);
    source.play({ count: 12 });
    page.append(element);
    await element.updateComplete;
    expect(visibleText(element)).to.equal('12');
  });

  it('one source gives way to another, and to the attributes', async () => {
    const { element, source } = await show({ state: 'connected', count: 9 });
    element.session = new ScriptedSource({ state: 'connected', count: 2 });
    await element.updateComplete;
    expect(source.listeners).to.equal(0);
    expect(visibleText(element)).to.equal('2');
    element.session = undefined;
    await element.updateComplete;
    expect(element.state).to.equal('idle');
  });

  it('connect() and disconnect() leave a source that was given alone', async () => {
    const { element } = await show({ state: 'connected', count: 9 });
    element.disconnect();
    await element.updateComplete;
    expect(visibleText(element)).to.equal('9');
    element.connect();
    await element.updateComplete;
    expect(visibleText(element)).to.equal('9');
  });

  it('keeps its looks in another document and back', async () => {
    const { element } = await show({ state: 'reconnecting', count: 9 });
    const page = element.parentElement!;
    const frame = await fixture<HTMLIFrameElement>('<iframe></iframe>');
    const look = (): string =>
      element.ownerDocument.defaultView!.getComputedStyle(element.shadowRoot!.querySelector('[part=count]')!)
        .textDecorationLine;
    for (const place of [frame.contentDocument!.body, page]) {
      place.append(element);
      await element.updateComplete;
      expect(visibleText(element)).to.equal('9');
      expect(look()).to.equal('underline');
    }
    new DOMParser().parseFromString('', 'text/html').body.append(element);
    page.append(element);
    await element.updateComplete;
    expect(look()).to.equal('underline');
  });

  it('may be in another document from the first', async () => {
    const frame = await fixture<HTMLIFrameElement>('<iframe></iframe>');
    const element = document.createElement(tag);
    element.session = new ScriptedSource({ state: 'connected', count: 9 });
    frame.contentDocument!.body.append(element);
    await element.updateComplete;
    expect(visibleText(element)).to.equal('9');
    expect(element.shadowRoot!.adoptedStyleSheets).to.have.lengthOf(1);
  });

  it('empties a shadow root that a server rendered', async () => {
    const page = await fixture('<div></div>');
    page.setHTMLUnsafe(
      '<rendered-count><template shadowrootmode="open"><b>from the server</b></template></rendered-count>',
    );
    SessionConnectionCountElement.define('rendered-count');
    const rendered = page.firstElementChild as SessionConnectionCountElement;
    await rendered.updateComplete;
    expect(rendered.shadowRoot!.querySelector('b')).to.equal(null);
    expect(visibleText(rendered)).to.equal('–');
  });

  it('lays out its inside whatever the page resets', async () => {
    const style = document.createElement('style');
    style.textContent = '* { all: unset; }';
    const { element } = await show({ state: 'connecting' });
    element.append(style);
    const words = element.shadowRoot!.querySelector('.hidden')!;
    expect(words.getBoundingClientRect().width).to.be.at.most(1);
    expect(element.shadowRoot!.querySelector('svg')!.getBoundingClientRect().width).to.be.within(1, 20);
    element.hidden = true;
    expect(element.shadowRoot!.querySelector('.base')!.getClientRects().length).to.equal(0);
    style.remove();
  });

  it('keeps indicator and number on one line', async () => {
    const page = await fixture<HTMLElement>('<div></div>');
    const { element } = await show({ state: 'connected', count: 1234 }, 'label="{count} people here"');
    page.append('Some words before ', element);
    await element.updateComplete;
    const middle = (selector: string): number => {
      const { top, bottom } = element.shadowRoot!.querySelector(selector)!.getBoundingClientRect();
      return (top + bottom) / 2;
    };
    for (let width = 60; width < 400; width += 3) {
      page.style.inlineSize = `${width}px`;
      expect(middle('svg')).to.be.closeTo(middle('[part=count]'), 3);
    }
  });

  it('is not focusable and needs no style element or attribute', async () => {
    const { element } = await show({ state: 'connected', count: 9 }, 'announce="5" label="{count} here"');
    element.focus();
    expect(document.activeElement).not.to.equal(element);
    expect(element.shadowRoot!.querySelectorAll('style, [style], [tabindex]').length).to.equal(0);
  });
});
