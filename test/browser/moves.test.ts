import { expect, oneEvent } from '@open-wc/testing';
import type { SessionConnectionCountElement } from '../../src/element/index.js';
import { FramedPage, freshSession, nothing, widgetScript } from './framed-page.js';
import { visibleText } from './shown.js';

const tag = 'session-connection-count';

describe('an element on the real server', () => {
  let page: FramedPage;
  let element: SessionConnectionCountElement;
  let sessionId: string;
  beforeEach(async () => {
    sessionId = freshSession();
    page = await FramedPage.open(`${await widgetScript()}<main></main>`);
    element = page.add({ sessionId });
    await page.shows(1);
  });

  const connection = (): string | undefined => element.source?.connection?.connectionId;
  const main = (): Element => page.document.querySelector('main')!;

  /** It is the same connection as before, shown, and hears of others. */
  const isAsBefore = async (before: string | undefined): Promise<void> => {
    await element.updateComplete;
    expect(connection()).to.equal(before);
    expect(visibleText(element)).to.equal('1');
    expect('connect' in element).to.equal(true);
    const other = await FramedPage.open(`${await widgetScript()}<${tag} session-id="${sessionId}"></${tag}>`);
    await other.shows(2);
    while (element.count !== 2) await oneEvent(element, 'session-count-change');
    expect(page.notes).to.deep.equal(nothing);
  };

  for (const [what, move] of [
    ['appended elsewhere', () => main().append(element)],
    ['taken into a shadow root', () => main().attachShadow({ mode: 'closed' }).append(element)],
    [
      'taken away and put back',
      async () => {
        element.remove();
        await element.updateComplete;
        expect(element.state).to.equal('idle');
        main().append(element);
      },
    ],
    [
      'taken into the document of a frame',
      () => {
        const frame = page.document.createElement('iframe');
        main().append(frame);
        frame.contentDocument!.body.append(element);
      },
    ],
    [
      'taken into the document of a frame and back',
      async () => {
        const frame = page.document.createElement('iframe');
        main().append(frame);
        frame.contentDocument!.body.append(element);
        await element.updateComplete;
        page.document.body.append(element);
        frame.remove();
      },
    ],
    [
      'adopted by a document that nobody sees, and back',
      async () => {
        page.document.implementation.createHTMLDocument().body.append(element);
        await element.updateComplete;
        page.document.body.append(element);
      },
    ],
  ] as [string, () => void | Promise<void>][]) {
    it(`stays one connection where it is ${what}`, async () => {
      const before = connection();
      await move();
      await isAsBefore(before);
    });
  }

  it('has copies that are the same connection', async () => {
    element.setAttribute('session-id', sessionId);
    main().append(element.cloneNode(true));
    main().insertAdjacentHTML('beforeend', element.outerHTML);
    const template = page.document.createElement('template');
    template.innerHTML = element.outerHTML;
    expect((template.content.firstElementChild as HTMLElement).shadowRoot).to.equal(null);
    main().append(page.document.importNode(template.content, true));
    const copies = [...main().querySelectorAll(tag)];
    expect(copies).to.have.lengthOf(3);
    for (const copy of copies) {
      await page.shows(1, copy);
      expect(copy.source).to.equal(element.source);
    }
    await isAsBefore(connection());
  });
});
