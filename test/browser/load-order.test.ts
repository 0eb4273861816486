import { expect, oneEvent } from '@open-wc/testing';
import type { SessionConnectionCountElement } from '../../src/element/index.js';
import { version } from '../../src/version.js';
import { FramedPage, freshSession, nothing, serverAddress, widgetScript } from './framed-page.js';
import { visibleText } from './shown.js';

const tag = 'session-connection-count';

let widget: string;
let address: string;
let sessionId: string;
before(async () => {
  widget = await widgetScript();
  address = `${await serverAddress()}/session-connection-count.js`;
});
beforeEach(() => {
  sessionId = freshSession();
});

const markup = (attributes = ''): string => `<${tag} session-id="${sessionId}" ${attributes}>many</${tag}>`;

/** Puts a module on a page and waits until it ran. */
async function load(page: FramedPage, src: string): Promise<void> {
  const script = Object.assign(page.document.createElement('script'), { type: 'module', src });
  const loaded = oneEvent(script, 'load');
  page.document.body.append(script);
  await loaded;
}

/** The address of a copy of the file that says it is of another version, and knows no server. */
async function otherVersion(): Promise<string> {
  const text = await (await fetch(address)).text();
  const own = text.slice(0, text.lastIndexOf('customElements.get('));
  return URL.createObjectURL(new Blob([own.replaceAll(version, '99.0.0')], { type: 'text/javascript' }));
}

type Definition = typeof SessionConnectionCountElement;
const definitionOn = (page: FramedPage): Definition => page.window.customElements.get(tag) as Definition;

describe('the script', () => {
  for (const [place, page] of [
    ['before the element', () => widget + markup()],
    ['after the element', () => markup() + widget],
    ['in the element', () => markup().replace('many', `${widget}many`)],
    ['before the element, asynchronous', () => widget.replace('type', 'async type') + markup()],
    ['after a preload', () => `<link rel="modulepreload" href="${address}" />${markup()}${widget}`],
  ] as const) {
    it(`may stand ${place}`, async () => {
      const opened = await FramedPage.open(page());
      await opened.shows(1);
      expect(opened.notes).to.deep.equal(nothing);
    });
  }

  it('may come long after the element, whose text and properties it finds', async () => {
    const page = await FramedPage.open(`<${tag}>many</${tag}>`);
    const { element } = page;
    expect(element.innerText).to.equal('many');
    const { width } = element.getBoundingClientRect();
    expect(width).to.be.above(0);
    Object.assign(element, { sessionId, labelOne: '{count} here' });
    element.setAttribute('label-other', '{count} in all');
    await load(page, address);
    await element.updateComplete;
    expect(visibleText(element)).to.equal('many');
    expect(element.getBoundingClientRect().width).to.be.at.least(width);
    await page.shows(1);
    expect(visibleText(element)).to.equal('1 here');
    expect(page.notes).to.deep.equal(nothing);
  });

  it('may be imported by another, as often as it likes', async () => {
    const imports = `import '${address}'; import('${address}'); import('${address}');`;
    const page = await FramedPage.open(`<script type="module">${imports}</script>${widget}${markup()}`);
    await page.shows(1);
    expect(page.notes).to.deep.equal(nothing);
  });
});

describe('a second script', () => {
  it('of the same version changes nothing and says nothing', async () => {
    const page = await FramedPage.open(widget + markup());
    await page.shows(1);
    const definition = definitionOn(page);
    await load(page, `${address}?second`);
    expect(definitionOn(page)).to.equal(definition);
    await page.shows(1, page.add({ sessionId }));
    expect(page.notes).to.deep.equal(nothing);
  });

  it('of the same version and another name shares nothing with the first, and both work', async () => {
    const module = `import { SessionConnectionCountElement as Other } from '${address}?other'; Other.define('other-count');`;
    const page = await FramedPage.open(`${widget}${markup()}<script type="module">${module}</script>`);
    await page.shows(1);
    const other = page.document.createElement('other-count') as SessionConnectionCountElement;
    Object.assign(other, { sessionId, server: '/' });
    other.server = new URL('.', address).href;
    page.document.body.append(other);
    await page.shows(2, other);
    await page.shows(2);
    expect(page.notes).to.deep.equal(nothing);
  });

  for (const [first, second] of [
    [version, '99.0.0'],
    ['99.0.0', version],
  ] as const) {
    it(`of version ${second} after ${first} says that it isn't used`, async () => {
      const server = new URL('.', address).href;
      const page = await FramedPage.open(markup(`server="${server}"`));
      const other = await otherVersion();
      await load(page, first === version ? address : other);
      await page.shows(1);
      await load(page, first === version ? other : address);
      expect(definitionOn(page).version).to.equal(first);
      await page.shows(1, page.add({ sessionId, server }));
      const { lines, errors } = page.notes;
      expect(errors).to.deep.equal([]);
      expect(lines).to.have.lengthOf(1);
      expect(lines[0]).to.contain(tag).and.to.contain(first).and.to.contain(second);
    });
  }

  it('finds an element of the page under its name, and leaves it', async () => {
    const own = `<script>customElements.define('${tag}', class extends HTMLElement {})</script>`;
    const page = await FramedPage.open(own + widget + markup());
    expect(page.element.innerText).to.equal('many');
    expect(page.notes.errors).to.deep.equal([]);
    expect(page.notes.lines).to.have.lengthOf(1);
  });
});
