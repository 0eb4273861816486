import { expect, fixture } from '@open-wc/testing';
import { ScriptedClock } from './scripted-clock.js';
import { announced, hiddenText, record, show, visibleText } from './shown.js';

describe('words', () => {
  const plural = 'label="{count} viewers" label-one="{count} viewer" label-zero="nobody here"';
  for (const [count, words] of [
    [0, 'nobody here'],
    [1, '1 viewer'],
    [1500, '1,500 viewers'],
  ] as const) {
    it(`${count} is "${words}"`, async () => {
      const { element } = await show({ state: 'connected', count }, `lang="en" ${plural}`);
      expect(visibleText(element)).to.equal(words);
      await expect(element).to.be.accessible();
    });
  }

  it('change with their attributes and properties', async () => {
    const { element } = await show({ state: 'connected', count: 1500 }, 'lang="en"');
    element.label = '{count} online';
    element.notation = 'compact';
    await element.updateComplete;
    expect(visibleText(element)).to.equal('1.5K online');
    element.setAttribute('label-other', '{count} here');
    element.setAttribute('lang', 'de');
    element.removeAttribute('notation');
    element.notation = null;
    await element.updateComplete;
    expect(visibleText(element)).to.equal('1.500 here');
    element.lang = 'en';
    await element.updateComplete;
    expect(visibleText(element)).to.equal('1,500 here');
  });

  it("for a state are the page's, or English that says so", async () => {
    const { element } = await show({ state: 'connecting' }, 'lang="de"');
    const words = element.shadowRoot!.querySelector('.hidden')!;
    expect(words.getAttribute('lang')).to.equal('en');
    element.textConnecting = 'Verbindung wird hergestellt';
    await element.updateComplete;
    expect(hiddenText(element)).to.equal('Verbindung wird hergestellt');
    expect(words.hasAttribute('lang')).to.equal(false);
    element.textConnecting = '';
    await element.updateComplete;
    expect(hiddenText(element)).to.equal('');
  });

  it('keep a page translator away from the number', async () => {
    const { element, source } = await show({ state: 'connected', count: 1 });
    const number = element.shadowRoot!.querySelector('[part=count]')!;
    expect(number.getAttribute('translate')).to.equal('no');
    number.innerHTML = '<font>eins</font>';
    source.play({ count: 2 });
    await element.updateComplete;
    expect(visibleText(element)).to.equal('2');
  });

  it('come through the translation of a whole page, in every state', async () => {
    /** What Chrome does: each text in two elements of its own, but for what asks to be left alone. */
    const translate = (root: Node): void => {
      const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      const found: Text[] = [];
      while (texts.nextNode()) found.push(texts.currentNode as Text);
      for (const text of found) {
        const parent = text.parentElement;
        if (!text.data.trim() || parent?.closest('[translate=no], font')) continue;
        const [outer, inner] = [document.createElement('font'), document.createElement('font')];
        outer.dir = inner.dir = 'auto';
        text.replaceWith(outer);
        outer.append(inner);
        inner.append(text.data.toUpperCase());
      }
    };
    const { element, source } = await show(
      { state: 'connecting' },
      'lang="en" label="{count} here" label-one="only {count}" announce="5"',
      'many',
    );
    const translateAll = (): void => {
      translate(element);
      translate(element.shadowRoot!);
    };
    translateAll();
    for (const [scene, words, shown] of [
      [{ state: 'connected', count: 7 }, '', '7 here'],
      [{ count: 8 }, '', '8 HERE'],
      [{ count: 1 }, '', 'only 1'],
      [{ count: 1500 }, '', '1,500 here'],
      [{ state: 'reconnecting' }, 'Reconnecting', '1,500 HERE'],
      [{ state: 'disconnected' }, 'Disconnected', 'MANY'],
      [{ state: 'connected', count: 2 }, '', '2 here'],
      [{ state: 'failed' }, 'Connection failed', 'MANY'],
    ] as const) {
      source.play(scene);
      await element.updateComplete;
      expect(visibleText(element)).to.equal(shown);
      expect(hiddenText(element)).to.equal(words);
      translateAll();
    }
  });

  it('are left to a page translator until there are others', async () => {
    const { element, source } = await show({ state: 'connected', count: 1 }, 'label="{count} here"');
    const words = element.shadowRoot!.querySelector('[part=count]')!.nextElementSibling!;
    words.innerHTML = '<font> ici</font>';
    source.play({ count: 2 });
    await element.updateComplete;
    expect(visibleText(element)).to.equal('2 ici');
    element.label = '{count} there';
    await element.updateComplete;
    expect(visibleText(element)).to.equal('2 there');
  });

  it("leave one's own connection out where it is counted", async () => {
    const { element, source } = await show(
      { state: 'connected', count: 3, selfCounted: true },
      'exclude-self',
    );
    expect(visibleText(element)).to.equal('2');
    expect(element.count).to.equal(3);
    source.play({ selfCounted: false });
    await element.updateComplete;
    expect(visibleText(element)).to.equal('3');
    source.play({ selfCounted: true, count: 0 });
    await element.updateComplete;
    expect(visibleText(element)).to.equal('0');
  });
});

describe('for', () => {
  it('mirrors plain digits into a value and the written number into an element', async () => {
    await fixture('<div><input id="field" value="?"><b id="text">?</b></div>');
    const field = document.querySelector<HTMLInputElement>('#field')!;
    const text = document.querySelector('#text')!;
    const one = await show({ state: 'connecting' }, 'for="field" lang="en"');
    const two = await show(one.source, 'for="text" lang="en" label="no number"');
    expect([field.value, text.textContent]).to.deep.equal(['?', '?']);
    one.source.play({ state: 'connected', count: 1234 });
    await Promise.all([one.element.updateComplete, two.element.updateComplete]);
    expect([field.value, text.textContent]).to.deep.equal(['1234', '1,234']);
    one.source.play({ state: 'disconnected' });
    await Promise.all([one.element.updateComplete, two.element.updateComplete]);
    expect([field.value, text.textContent]).to.deep.equal(['1234', '1,234']);
  });

  it('stays in its own root', async () => {
    await fixture('<output id="same">?</output>');
    const host = await fixture<HTMLElement>('<div></div>');
    const root = host.attachShadow({ mode: 'open' });
    root.innerHTML = '<i id="same"></i>';
    const { element } = await show({ state: 'connected', count: 4 }, 'for="same"');
    document.querySelector('#same')!.textContent = '?';
    root.append(element);
    element.requestUpdate();
    await element.updateComplete;
    expect(root.querySelector('#same')!.textContent).to.equal('4');
    expect(document.querySelector('#same')!.textContent).to.equal('?');
  });

  it('minds no id that is not there', async () => {
    const { element } = await show({ state: 'connected', count: 4 }, 'for="nowhere"');
    expect(visibleText(element)).to.equal('4');
  });
});

describe('announce', () => {
  let clock: ScriptedClock;
  beforeEach(() => (clock = new ScriptedClock()));
  afterEach(() => clock.stop());

  it('says the last phrase of each interval, whole, and nothing at first', async () => {
    const { element, source } = await show(
      { state: 'connected', count: 1 },
      'announce="10" label="{count} here"',
    );
    expect(announced(element)).to.equal('');
    for (const count of [2, 3, 4]) {
      source.play({ count });
      await element.updateComplete;
      clock.advance(3_000);
      await element.updateComplete;
      expect(announced(element)).to.equal('');
    }
    clock.advance(1_000);
    await element.updateComplete;
    expect(announced(element)).to.equal('4 here');
    source.play({ count: 5 });
    await element.updateComplete;
    clock.advance(9_000);
    await element.updateComplete;
    expect(announced(element)).to.equal('4 here');
    clock.advance(1_000);
    await element.updateComplete;
    expect(announced(element)).to.equal('5 here');
    clock.stop();
    await expect(element).to.be.accessible();
  });

  it('is off at first, and goes off', async () => {
    const { element } = await show({ state: 'connected', count: 1 });
    expect(announced(element)).to.equal(undefined);
    element.announce = '5';
    await element.updateComplete;
    clock.advance(5_000);
    await element.updateComplete;
    expect(announced(element)).to.equal('1');
    element.announce = 'off';
    await element.updateComplete;
    expect(announced(element)).to.equal(undefined);
  });

  it('has its region before it has words, and empties it after an interval, since it is read beside the number', async () => {
    const { element, source } = await show(
      { state: 'connecting' },
      'announce="5" label="{count} here" lang="en"',
    );
    expect(announced(element)).to.equal('');
    const region = element.shadowRoot!.querySelector('[role=status]');
    source.play({ state: 'connected', count: 1500 });
    const said: string[] = [];
    for (let second = 0; second < 20; second += 5) {
      await element.updateComplete;
      clock.advance(5_000);
      await element.updateComplete;
      said.push(announced(element)!);
    }
    expect(said).to.deep.equal(['1,500 here', '', '', '']);
    expect(element.shadowRoot!.querySelector('[role=status]')).to.equal(region);
    source.play({ count: 2 });
    await element.updateComplete;
    clock.advance(5_000);
    await element.updateComplete;
    expect(announced(element)).to.equal('2 here');
  });

  it('keeps no number that is shown no more, and says it again when it is back', async () => {
    const { element, source } = await show({ state: 'connected', count: 1 }, 'announce="5"');
    clock.advance(5_000);
    await element.updateComplete;
    expect(announced(element)).to.equal('1');
    source.play({ state: 'disconnected' });
    await element.updateComplete;
    expect(announced(element)).to.equal('');
    clock.advance(60_000);
    await element.updateComplete;
    expect(announced(element)).to.equal('');
    source.play({ state: 'connected' });
    await element.updateComplete;
    clock.advance(5_000);
    await element.updateComplete;
    expect(announced(element)).to.equal('1');
  });

  it('takes another interval while it runs', async () => {
    const { element, source } = await show({ state: 'connected', count: 1 }, 'announce="10"');
    element.announce = '2';
    await element.updateComplete;
    clock.advance(10_000);
    await element.updateComplete;
    expect(announced(element)).to.equal('1');
    source.play({ count: 2 });
    await element.updateComplete;
    clock.advance(2_000);
    await element.updateComplete;
    expect(announced(element)).to.equal('2');
  });

  it("doesn't say a number that came back to what was said", async () => {
    const { element, source } = await show({ state: 'connected', count: 1 }, 'announce="5"');
    clock.advance(5_000);
    await element.updateComplete;
    const region = element.shadowRoot!.querySelector('[role=status]')!;
    let changes = 0;
    const observer = new MutationObserver((records) => {
      for (const { addedNodes } of records) changes += addedNodes.length;
    });
    observer.observe(region, { childList: true, characterData: true, subtree: true });
    for (const count of [2, 1]) {
      source.play({ count });
      await element.updateComplete;
    }
    clock.advance(5_000);
    await element.updateComplete;
    expect(changes).to.equal(0);
    source.play({ count: 3 });
    await element.updateComplete;
    clock.advance(5_000);
    await element.updateComplete;
    expect(changes).to.equal(1);
  });
});

describe('attributes of a wrong form', () => {
  for (const [attribute, value] of [
    ['notation', 'scientific'],
    ['announce', 'polite'],
    ['announce', ''],
    ['announce', '0'],
    ['announce', '-5'],
  ] as const) {
    it(`${attribute}="${value}" is named, and the default taken`, async () => {
      const { element } = await show({ state: 'connected', count: 1500 }, 'lang="en"');
      const details = record(element, 'session-error') as { message: string }[];
      element.setAttribute(attribute, value);
      await element.updateComplete;
      const [name, code] = ['OT_INVALID_PARAMETER', 1011];
      expect(details).to.have.lengthOf(1);
      expect(details[0]).to.include({ name, code, fatal: false });
      expect(details[0]!.message).to.contain(attribute).and.to.contain(`"${value}"`);
      expect(visibleText(element)).to.equal('1,500');
      expect(announced(element)).to.equal(undefined);
      element.requestUpdate();
      await element.updateComplete;
      expect(details).to.have.lengthOf(1);
    });
  }
});
