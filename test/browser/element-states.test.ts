import { aTimeout, expect, fixture } from '@open-wc/testing';
import { ScriptedClock } from './scripted-clock.js';
import { hiddenText, record, shapeOf, show, titleOf, visibleText } from './shown.js';
import type { Scene } from './scripted-source.js';

const rows: { scene: Scene; shown: 'number' | 'fallback'; count?: number; words: string }[] = [
  { scene: { state: 'idle' }, shown: 'fallback', words: '' },
  { scene: { state: 'idle', count: 5 }, shown: 'fallback', words: '' },
  { scene: { state: 'connecting' }, shown: 'fallback', words: 'Connecting' },
  { scene: { state: 'connecting', count: 5 }, shown: 'fallback', words: 'Connecting' },
  { scene: { state: 'connected' }, shown: 'fallback', words: '' },
  { scene: { state: 'connected', count: 1234 }, shown: 'number', count: 1234, words: '' },
  { scene: { state: 'connected', count: 0 }, shown: 'number', count: 0, words: '' },
  { scene: { state: 'connected', count: 7, stale: true }, shown: 'number', count: 7, words: 'Reconnecting' },
  { scene: { state: 'reconnecting', count: 7 }, shown: 'number', count: 7, words: 'Reconnecting' },
  { scene: { state: 'disconnected', count: 7 }, shown: 'fallback', words: 'Disconnected' },
  { scene: { state: 'failed', count: 7, stale: true }, shown: 'fallback', words: 'Connection failed' },
];

describe('states', () => {
  for (const { scene, shown, count, words } of rows) {
    it(`${JSON.stringify(scene)} shows ${shown === 'number' ? 'the number' : 'the fallback'}`, async () => {
      const { element } = await show(scene, 'lang="en"', 'many');
      expect(element.count).to.equal(count);
      expect(element.state).to.equal(scene.state);
      expect(visibleText(element)).to.equal(shown === 'number' ? count!.toLocaleString('en') : 'many');
      expect(hiddenText(element)).to.equal(words);
      expect(titleOf(element)).to.equal(words || null);
      await expect(element).to.be.accessible();
    });
  }

  for (const wrong of [NaN, -1, 1.5, Infinity, '5' as unknown as number]) {
    it(`a source that says ${String(wrong)} (${typeof wrong}) gets a placeholder`, async () => {
      const { element } = await show({ state: 'connected', count: wrong });
      expect(visibleText(element)).to.equal('–');
      expect(element.count).to.equal(undefined);
    });
  }

  it('a state that nobody knows is shown as none', async () => {
    const { element } = await show({ state: 'dreaming' as 'idle', count: 4 });
    expect(visibleText(element)).to.equal('–');
    expect(shapeOf(element)).to.equal(shapeOf((await show({})).element));
  });

  it('each of live, on the way, ended and failed has a shape of its own', async () => {
    const shapes = new Set<string | null>();
    for (const state of ['idle', 'connecting', 'connected', 'disconnected', 'failed'] as const) {
      shapes.add(shapeOf((await show({ state })).element));
    }
    expect(shapes.size).to.equal(5);
  });

  it('what stays the same is not written again', async () => {
    const { element, source } = await show(
      { state: 'connected', count: 7 },
      'label="{count} here" announce="5"',
    );
    const written: (string | null)[] = [];
    const changes = new MutationObserver((records) => {
      written.push(...records.map(({ target }) => (target as Element).getAttribute('part')));
    });
    changes.observe(element.shadowRoot!, { attributes: true, childList: true, subtree: true });
    source.play({ count: 8 });
    await element.updateComplete;
    await aTimeout(0);
    expect(written).to.deep.equal(['label', 'label', 'count']);
    source.play({ stale: false });
    await element.updateComplete;
    await aTimeout(0);
    expect(written).to.have.lengthOf(3);
  });

  it('an old number is marked by more than colour', async () => {
    const { element, source } = await show({ state: 'connected', count: 7 });
    const count = element.shadowRoot!.querySelector('[part=count]')!;
    expect(getComputedStyle(count).textDecorationLine).to.equal('none');
    source.play({ stale: true });
    await element.updateComplete;
    expect(getComputedStyle(count).textDecorationLine).to.equal('underline');
  });

  it('a removal has words of its own', async () => {
    const { element, source } = await show({ state: 'connected', count: 7 });
    source.play({ state: 'disconnected', reason: 'forceDisconnected' });
    await element.updateComplete;
    expect(hiddenText(element)).to.equal('Removed from the session');
    await expect(element).to.be.accessible();
  });

  it('is :state(…) to the page', async () => {
    const { element, source } = await show({ state: 'connecting' });
    expect(element.matches(':state(connecting)')).to.equal(true);
    source.play({ state: 'reconnecting', count: 1 });
    await element.updateComplete;
    expect(element.matches(':state(connecting)')).to.equal(false);
    expect(element.matches(':state(reconnecting):state(stale)')).to.equal(true);
  });

  it('an old number goes after two minutes, and comes back when it is vouched for', async () => {
    const clock = new ScriptedClock();
    try {
      const { element, source } = await show({ state: 'reconnecting', count: 7 });
      clock.advance(119_000);
      source.play({});
      await element.updateComplete;
      expect(visibleText(element)).to.equal('7');
      clock.advance(1_000);
      await element.updateComplete;
      expect(visibleText(element)).to.equal('–');
      expect(element.count).to.equal(undefined);
      expect(element.state).to.equal('reconnecting');
      source.play({});
      await element.updateComplete;
      expect(element.count).to.equal(undefined);
      source.play({ state: 'connected' });
      await element.updateComplete;
      expect(visibleText(element)).to.equal('7');
    } finally {
      clock.stop();
    }
  });
});

describe('fallback', () => {
  it('is an en dash without children', async () => {
    expect(visibleText((await show({})).element)).to.equal('–');
  });

  it('is an en dash where the children are white space', async () => {
    const { element } = await show({}, '', ' \n ');
    expect(visibleText(element)).to.equal('–');
    expect(element.shadowRoot!.querySelector('[part=count]')!.getClientRects().length).to.equal(1);
  });

  it('notices children that come later, and that they go', async () => {
    const { element } = await show({}, '', ' ');
    const slot = element.shadowRoot!.querySelector('slot')!;
    for (const [children, shown] of [
      ['soon', 'soon'],
      [' ', '–'],
      ['', '–'],
    ] as const) {
      const noticed = new Promise((resolve) => slot.addEventListener('slotchange', resolve, { once: true }));
      element.textContent = children;
      await noticed;
      await element.updateComplete;
      expect(visibleText(element)).to.equal(shown);
    }
  });

  it('is all that an element without attributes shows', async () => {
    const page = await fixture('<div></div>');
    const errors = record(page, 'session-error');
    const element = page.appendChild(document.createElement('session-connection-count'));
    await element.updateComplete;
    expect(visibleText(element)).to.equal('–');
    expect(errors).to.deep.equal([]);
    await expect(element).to.be.accessible();
  });
});

describe('events', () => {
  it('tell what the element shows, in order, and bubble out of shadow roots', async () => {
    const host = await fixture<HTMLDivElement>('<div></div>');
    const element = document.createElement('session-connection-count');
    host.attachShadow({ mode: 'open' }).append(element);
    const details = record(host, 'session-state-change', 'session-count-change');
    const { source } = await show({ state: 'connecting' });
    element.session = source;
    await element.updateComplete;
    source.play({ state: 'connected', count: 2 });
    await element.updateComplete;
    source.play({ count: 2 });
    await element.updateComplete;
    source.play({ count: 5 });
    source.play({ count: 6 });
    await element.updateComplete;
    source.play({ state: 'disconnected', reason: 'forceDisconnected' });
    await element.updateComplete;
    expect(details).to.deep.equal([
      { state: 'connecting', reason: undefined },
      { state: 'connected', reason: undefined },
      { count: 2, previous: undefined },
      { count: 6, previous: 2 },
      { state: 'disconnected', reason: 'forceDisconnected' },
      { count: undefined, previous: 6 },
    ]);
  });

  it('come when the number is on the page', async () => {
    const { element, source } = await show({ state: 'connected', count: 2 });
    let seen;
    element.addEventListener('session-count-change', () => (seen = visibleText(element)));
    source.play({ count: 3 });
    await element.updateComplete;
    expect(seen).to.equal('3');
  });

  it('tell of an error, once on the console too unless prevented', async () => {
    const { element, source } = await show({ state: 'connecting' });
    const lines: unknown[] = [];
    const { warn } = console;
    console.warn = (line: unknown) => lines.push(line);
    try {
      for (const message of ['Trouble A', 'Trouble A', 'Trouble B']) source.fail(message);
      await element.updateComplete;
      const details = record(element, 'session-error');
      source.fail('Trouble C', true);
      await element.updateComplete;
      const [name, code] = ['OT_UNEXPECTED_SERVER_RESPONSE', 2001];
      expect(details).to.deep.equal([{ name, code, message: 'Trouble C', fatal: true }]);
      expect(element.error!.message).to.equal('Trouble C');
      expect(lines).to.deep.equal([
        'session-connection-count: Trouble A',
        'session-connection-count: Trouble B',
      ]);
    } finally {
      console.warn = warn;
    }
    source.play({ state: 'connected', count: 1 });
    expect(element.error).to.equal(undefined);
  });
});
