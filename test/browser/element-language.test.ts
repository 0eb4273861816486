import { aTimeout, expect, fixture } from '@open-wc/testing';
import type { SessionConnectionCountElement } from '../../src/element/index.js';
import { announced, record, show, visibleText } from './shown.js';
import { ScriptedClock } from './scripted-clock.js';

/** Puts an element into the innermost of nested shadow roots, whose hosts carry these languages; none where empty. */
async function nest(element: Element, ...languages: string[]): Promise<HTMLElement[]> {
  const hosts: HTMLElement[] = [];
  let parent: Node = await fixture('<div></div>');
  for (const lang of languages) {
    const host = document.createElement('div');
    if (lang) host.lang = lang;
    parent.appendChild(host);
    hosts.push(host);
    parent = host.attachShadow({ mode: 'open' });
  }
  parent.appendChild(element);
  return hosts;
}

/** Resolves when a change of a `lang` attribute has come to the page's observers, and the element took it up. */
async function noticed(element: SessionConnectionCountElement): Promise<void> {
  await aTimeout(0);
  await element.updateComplete;
}

const written = (lang?: string): string => (1234567).toLocaleString(lang);

describe('language', () => {
  const page = document.documentElement;
  const { lang } = page;
  afterEach(() => {
    if (lang) page.lang = lang;
    else page.removeAttribute('lang');
  });

  const million = async (attributes = ''): Promise<SessionConnectionCountElement> =>
    (await show({ state: 'connected', count: 1234567 }, attributes)).element;

  it("is the element's own, before that of what it stands in", async () => {
    const element = await million('lang="de"');
    await nest(element, 'en');
    await element.updateComplete;
    expect(visibleText(element)).to.equal('1.234.567');
  });

  it('is inherited across two shadow roots', async () => {
    const element = await million();
    await nest(element, 'hi-IN-u-nu-deva', '');
    await element.updateComplete;
    expect(visibleText(element)).to.equal('१२,३४,५६७');
  });

  it('of a child that a shadow root shows is that of where the child was written', async () => {
    const outer = await fixture<HTMLElement>('<div lang="de"><p></p></div>');
    const card = outer.firstElementChild!;
    card.attachShadow({ mode: 'open' }).innerHTML = '<div lang="ar-EG"><slot></slot></div>';
    const element = await million();
    card.append(element);
    await element.updateComplete;
    expect(visibleText(element)).to.equal('1.234.567');
  });

  it("is the page's, and changes with it", async () => {
    page.lang = 'de';
    const element = await million();
    expect(visibleText(element)).to.equal('1.234.567');
    page.lang = 'fa';
    await noticed(element);
    expect(visibleText(element)).to.equal('۱٬۲۳۴٬۵۶۷');
    page.removeAttribute('lang');
    await noticed(element);
    expect(visibleText(element)).to.equal(
      written(navigator.language === 'C' ? undefined : navigator.language),
    );
  });

  it('changes with each ancestor, in every root on the way up', async () => {
    page.lang = 'de';
    const element = await million();
    const [outer, inner] = await nest(element, '', '');
    await element.updateComplete;
    expect(visibleText(element)).to.equal('1.234.567');
    inner!.lang = 'fa';
    await noticed(element);
    expect(visibleText(element)).to.equal('۱٬۲۳۴٬۵۶۷');
    inner!.removeAttribute('lang');
    await noticed(element);
    expect(visibleText(element)).to.equal('1.234.567');
    outer!.lang = 'hi-u-nu-deva';
    await noticed(element);
    expect(visibleText(element)).to.equal('१२,३४,५६७');
    outer!.removeAttribute('lang');
    page.lang = 'en';
    await noticed(element);
    expect(visibleText(element)).to.equal('1,234,567');
  });

  it('is that of what it was moved into, and no more of what it left', async () => {
    const element = await million();
    const [, left] = await nest(element, 'hi', 'de');
    await element.updateComplete;
    expect(visibleText(element)).to.equal('1.234.567');
    const [, entered] = await nest(element, 'hi', 'en');
    await element.updateComplete;
    expect(visibleText(element)).to.equal('1,234,567');
    entered!.lang = 'fa';
    await noticed(element);
    expect(visibleText(element)).to.equal('۱٬۲۳۴٬۵۶۷');
    left!.lang = 'en';
    await noticed(element);
    expect(visibleText(element)).to.equal('۱٬۲۳۴٬۵۶۷');
  });

  it('of a page is nothing to an element that was removed from it', async () => {
    const element = await million();
    element.remove();
    await element.updateComplete;
    let updates = 0;
    element.requestUpdate = () => updates++;
    page.lang = 'fa';
    await aTimeout(0);
    expect(updates).to.equal(0);
  });

  it('chooses among the labels too, and what is announced and mirrored', async () => {
    const clock = new ScriptedClock();
    try {
      await fixture('<b id="mirror"></b>');
      const labels = 'label-one="{count} one" label-few="{count} few" label-other="{count} other"';
      const { element } = await show(
        { state: 'connected', count: 3 },
        `announce="5" for="mirror" lang="en" ${labels}`,
      );
      expect(visibleText(element)).to.equal('3 other');
      element.lang = 'ar-EG';
      await element.updateComplete;
      expect(visibleText(element)).to.equal('٣ few');
      expect(document.querySelector('#mirror')!.textContent).to.equal('٣');
      clock.advance(5_000);
      await element.updateComplete;
      expect(announced(element)).to.equal('٣ few');
    } finally {
      clock.stop();
    }
  });

  for (const wrong of ['xx-invalid-!!', '', 'de_DE', '123', 'C', 'i-klingon']) {
    it(`"${wrong}" is no language tag: the browser's own is taken, and nobody is bothered`, async () => {
      const element = await million('lang="de"');
      const errors = record(element, 'session-error');
      element.lang = wrong;
      await element.updateComplete;
      expect(visibleText(element)).to.equal(written());
      element.lang = 123 as unknown as string;
      element.lang = wrong;
      page.lang = wrong;
      element.removeAttribute('lang');
      await noticed(element);
      expect(visibleText(element)).to.equal(written());
      expect(errors).to.deep.equal([]);
    });
  }

  for (const [tag, count, standard, compact] of [
    ['en', 1500, '1,500', '1.5K'],
    ['de', 1500000, '1.500.000', '1,5\u00a0Mio.'],
    ['ar-EG', 1500, '١٬٥٠٠', '١٫٥\u00a0ألف'],
    ['hi', 150000, '1,50,000', '1.5\u00a0लाख'],
    ['hi-IN-u-nu-deva', 150000, '१,५०,०००', '१.५\u00a0लाख'],
    ['fa', 1500, '۱٬۵۰۰', '۱٫۵\u00a0هزار'],
    ['ja', 15000, '15,000', '1.5万'],
  ] as const) {
    it(`${tag} writes ${count} as ${standard}, in short ${compact}`, async () => {
      const { element } = await show({ state: 'connected', count }, `lang="${tag}"`);
      expect(visibleText(element)).to.equal(standard);
      element.notation = 'compact';
      await element.updateComplete;
      expect(visibleText(element)).to.equal(compact);
    });
  }
});

describe('direction', () => {
  const boxOf = (element: Element, selector: string): DOMRect =>
    element.shadowRoot!.querySelector(selector)!.getBoundingClientRect();

  /** The x of a text's middle. */
  const middleOf = (text: Node): number => {
    const range = document.createRange();
    range.selectNodeContents(text);
    const { left, right } = range.getBoundingClientRect();
    return (left + right) / 2;
  };

  for (const where of ['on an ancestor', 'on the element itself']) {
    it(`from right to left, ${where}, goes for indicator, gap, number and words`, async () => {
      const [around, own] = where === 'on an ancestor' ? ['dir="rtl"', ''] : ['', 'dir="rtl"'];
      const { element } = await show(
        { state: 'connected', count: 5 },
        `lang="he" label="{count} צופים (עכשיו)" ${own}`,
      );
      (await fixture(`<p ${around}></p>`)).append(element);
      await element.updateComplete;
      const [indicator, count] = [boxOf(element, 'svg'), boxOf(element, '[part=count]')];
      expect(indicator.left).to.be.greaterThan(count.right + 2);
      expect(count.left).to.be.at.least(boxOf(element, '[part=count] + span').right - 0.5);
    });
  }

  it('keeps a number in brackets within them', async () => {
    const { element } = await show(
      { state: 'connected', count: 1500 },
      'lang="he" dir="rtl" label="צופים ({count})"',
    );
    const [before, after] = element.shadowRoot!.querySelectorAll('[part=label] span:not([part])');
    const count = boxOf(element, '[part=count]');
    expect(visibleText(element)).to.equal('צופים (1,500)');
    expect(before!.getBoundingClientRect().left).to.be.at.least(count.right - 0.5);
    expect(after!.getBoundingClientRect().right).to.be.at.most(count.left + 0.5);
  });

  for (const [direction, words, label] of [
    ['ltr', 'שלום', '{count} viewers'],
    ['rtl', 'hello', '{count} צופים'],
  ] as const) {
    it(`keeps a number with its label, behind words of the other direction, ${direction}`, async () => {
      const page = await fixture(`<p dir="${direction}">${words} <b></b></p>`);
      const { element } = await show({ state: 'connected', count: 5 }, `lang="en" label="${label}"`);
      page.querySelector('b')!.append(element);
      await element.updateComplete;
      const root = element.shadowRoot!;
      const inOrder = [
        page.firstChild!,
        ...root.querySelectorAll('[part=indicator], [part=count], [part=count] + span'),
      ].map(middleOf);
      const sorted = [...inOrder].sort((one, other) => one - other);
      expect(inOrder).to.deep.equal(direction === 'ltr' ? sorted : sorted.reverse());
    });
  }
});
