import { aTimeout, expect, fixture } from '@open-wc/testing';
import type { SessionErrorDetail, SessionStateChangeDetail } from '../../src/element/index.js';
import { become, changed, command, counts, RealSession, until } from './on-server.js';
import { announced, hiddenText, record, titleOf, visibleText } from './shown.js';

let session: RealSession;
let page: Element;
let errors: SessionErrorDetail[];
beforeEach(async () => {
  session = await new RealSession('open').start();
  page = await fixture('<div></div>');
  errors = record(page, 'session-error') as SessionErrorDetail[];
});
afterEach(() => session.end());

describe('for on the real server', () => {
  for (const html of [
    '<input>',
    '<input type="number">',
    '<output></output>',
    '<textarea></textarea>',
    '<progress max="10"></progress>',
    '<meter max="10"></meter>',
    '<data></data>',
  ]) {
    it(`gives the value of ${html} the number`, async () => {
      page.innerHTML = html;
      const mirror = page.firstElementChild as HTMLInputElement;
      mirror.id = 'mirror';
      const element = await session.place({ for: 'mirror' }, {}, page);
      await counts(element, 1);
      expect(`${mirror.value}`).to.equal('1');
      await session.join();
      await counts(element, 2);
      expect(`${mirror.value}`).to.equal('2');
    });
  }

  it('chooses an option of a select', async () => {
    page.innerHTML = '<select id="mirror"><option>0<option>1<option>2</select>';
    await counts(await session.place({ for: 'mirror' }, {}, page), 1);
    expect(page.querySelector('select')!.value).to.equal('1');
  });

  for (const html of ['<span></span>', '<li></li>', '<button></button>', '<option></option>']) {
    it(`makes the number the text of ${html}`, async () => {
      page.innerHTML = html;
      const mirror = page.firstElementChild!;
      mirror.id = 'mirror';
      const element = await session.place({ for: 'mirror' }, {}, page);
      await counts(element, 1);
      expect(mirror.textContent).to.equal('1');
      await session.join();
      await counts(element, 2);
      expect(mirror.textContent).to.equal('2');
    });
  }

  it('finds an element that stands later in the page, and one that comes later with the next number', async () => {
    page.innerHTML = `<session-connection-count session-id="${session.sessionId}" server="${session.url}"
      for="mirror"></session-connection-count><b id="mirror">?</b>`;
    const element = page.querySelector('session-connection-count')!;
    await counts(element, 1);
    expect(page.querySelector('b')!.textContent).to.equal('1');
    page.querySelector('b')!.remove();
    page.insertAdjacentHTML('beforeend', '<i id="mirror">?</i>');
    await session.join();
    await counts(element, 2);
    expect(page.querySelector('i')!.textContent).to.equal('2');
  });

  it('leaves the mirror as it is while there is no number', async () => {
    page.innerHTML = '<b id="mirror">nobody yet</b>';
    const mirror = page.querySelector('b')!;
    const element = await session.place({ for: 'mirror', manual: '' }, {}, page);
    await element.updateComplete;
    expect(mirror.textContent).to.equal('nobody yet');
    element.connect();
    await counts(element, 1);
    element.disconnect();
    await become(element, 'disconnected');
    expect(mirror.textContent).to.equal('1');
  });

  it('says nothing of an id that nothing has', async () => {
    await counts(await session.place({ for: 'nowhere' }, {}, page), 1);
    expect(errors).to.deep.equal([]);
  });
});

describe('exclude-self and observe on the real server', () => {
  it("exclude-self shows the others, and count is the session's total", async () => {
    const element = await session.place({ 'exclude-self': '' }, {}, page);
    await counts(element, 1);
    expect(visibleText(element)).to.equal('0');
    const other = await session.join();
    await counts(element, 2);
    expect(visibleText(element)).to.equal('1');
    other.disconnect();
    await counts(element, 1);
    expect(visibleText(element)).to.equal('0');
  });

  it("exclude-self subtracts one's own connection once for all elements of the page", async () => {
    await session.join();
    const elements = [
      await session.place({ 'exclude-self': '' }, {}, page),
      await session.place({ 'exclude-self': '' }, {}, page),
      await session.place({}, {}, page),
    ];
    for (const element of elements) await counts(element, 2);
    expect(elements.map(visibleText)).to.deep.equal(['1', '1', '2']);
  });

  it('exclude-self subtracts nothing from what an observer sees', async () => {
    await session.join();
    const attributes = { observe: '', 'exclude-self': '' };
    const byAttribute = await session.place(attributes, {}, page);
    const token = await session.token('observer');
    const byRole = await session.place({ 'exclude-self': '', token }, {}, await fixture('<div></div>'));
    for (const element of [byAttribute, byRole]) {
      await counts(element, 1);
      expect(visibleText(element)).to.equal('1');
    }
  });

  it('observe is neither counted nor listed', async () => {
    const other = await session.join();
    other.list();
    const element = await session.place({ observe: '' }, {}, page);
    await counts(element, 1);
    const third = await session.join();
    await counts(element, 2);
    await changed(other, () => other.count === 2);
    expect([...other.connections!.keys()]).to.have.members(
      [other, third].map(({ connection }) => connection!.connectionId),
    );
  });

  it('observe may change: then it is counted', async () => {
    const element = await session.place({ observe: '' }, {}, page);
    await counts(element, 0);
    expect(visibleText(element)).to.equal('0');
    element.observe = false;
    await counts(element, 1);
  });
});

describe('announce on the real server', () => {
  it('says what became of the number, and nothing at first', async () => {
    const element = await session.place({ announce: '1', label: '{count} here' }, {}, page);
    await counts(element, 1);
    const said = new Promise<string>((resolve) => {
      const region = element.shadowRoot!.querySelector('[role=status]')!;
      new MutationObserver(() => {
        if (region.textContent.includes('2')) resolve(region.textContent);
      }).observe(region, { childList: true, characterData: true, subtree: true });
    });
    expect(announced(element)).to.equal('');
    await session.join();
    expect(await said).to.equal('2 here');
  });
});

describe('manual on the real server', () => {
  it('is in the session from connect() to disconnect() and takes part again', async () => {
    const witness = await session.join('observer');
    const present = (count: number): Promise<void> => changed(witness, () => witness.count === count);
    const states = record(page, 'session-state-change') as SessionStateChangeDetail[];
    const element = await session.place({ manual: '' }, {}, page);
    await element.updateComplete;
    expect(element.state).to.equal('idle');
    expect(element.source).to.equal(undefined);
    element.connect();
    await counts(element, 1);
    await present(1);
    element.disconnect();
    await present(0);
    element.connect();
    await counts(element, 1);
    await present(1);
    expect(states.map(({ state }) => state)).to.deep.equal([
      'connecting',
      'connected',
      'disconnected',
      'connecting',
      'connected',
    ]);
  });
});

describe('{path} on the real server', () => {
  const home = location.href;
  afterEach(() => history.replaceState(null, '', home));

  for (const path of ['/', '/news/', '/news', '/caf%C3%A9/%E2%98%95%20a%2Fb', '/a;b,c=d', '/%zz']) {
    it(`is ${path} as the address has it`, async () => {
      history.replaceState(null, '', `${path}?page=2#top`);
      const element = await session.place({ 'session-id': `${session.sessionId}:{path}` }, {}, page);
      await become(element, 'connected');
      const other = await session.join('subscriber', {
        sessionId: `${session.sessionId}:${path}`,
        token: undefined,
      });
      await counts(element, 2);
      other.disconnect();
    });
  }

  it('is taken again when the element is updated after history.pushState', async () => {
    history.replaceState(null, '', '/first');
    const element = await session.place({ 'session-id': `${session.sessionId}:{path}` }, {}, page);
    await counts(element, 1);
    history.replaceState(null, '', '/second');
    element.requestUpdate();
    await element.updateComplete;
    await counts(element, 1);
    const other = await session.join('subscriber', {
      sessionId: `${session.sessionId}:/second`,
      token: undefined,
    });
    await counts(element, 2);
    other.disconnect();
  });
});

describe('words for a state on the real server', () => {
  const words = {
    'text-connecting': 'Moment',
    'text-reconnecting': 'Veraltet',
    'text-disconnected': 'Beendet',
    'text-removed': 'Entfernt',
    'text-failed': 'Gescheitert',
  };
  const said = (element: Element): string[] => [hiddenText(element), titleOf(element) ?? ''];

  for (const own of [true, false]) {
    const attributes = own ? words : {};
    const expected = own
      ? Object.values(words)
      : ['Connecting', 'Reconnecting', 'Disconnected', 'Removed from the session', 'Connection failed'];
    const [connecting, reconnecting, disconnected, removed, failed] = expected.map((text) => [text, text]);

    it(`${own ? 'are the page’s own' : 'are English where the page has none'}, through a whole life`, async () => {
      const element = await session.place(attributes, {}, page);
      await become(element, 'connecting');
      expect(said(element)).to.deep.equal(connecting);
      await counts(element, 1);
      expect(said(element)).to.deep.equal(['', '']);

      const old = until(element, () => element.state === 'reconnecting').then(() => said(element));
      await command('session-server:restart');
      expect(await old).to.deep.equal(reconnecting);
      await counts(element, 1);
      expect(said(element)).to.deep.equal(['', '']);

      await session.remove(element);
      await become(element, 'disconnected');
      expect(said(element)).to.deep.equal(removed);

      element.connect();
      await counts(element, 1);
      element.disconnect();
      await become(element, 'disconnected');
      expect(said(element)).to.deep.equal(disconnected);

      element.setAttribute('token', 'garbage');
      element.setAttribute('session-id', `${session.sessionId}-b`);
      element.connect();
      await become(element, 'failed');
      expect(said(element)).to.deep.equal(failed);
    });
  }

  it('are those of the old number while a server is away that was there', async () => {
    const element = await session.place({}, {}, page);
    await counts(element, 1);
    const shown = until(element, () => element.state === 'reconnecting').then(() => visibleText(element));
    await command('session-server:restart');
    expect(await shown).to.equal('1');
    await counts(element, 1);
  });
});

describe('removal by a moderator on the real server', () => {
  it('ends all elements of the session, until one is told to connect()', async () => {
    const moderator = await session.join('moderator');
    const elements = [await session.place({}, {}, page), await session.place({}, {}, page)];
    for (const element of elements) await counts(element, 2);
    await moderator.forceDisconnect(elements[0]!.source!.connection!);
    for (const element of elements) {
      await become(element, 'disconnected');
      expect(hiddenText(element)).to.equal('Removed from the session');
      expect(visibleText(element)).to.equal('–');
      expect(element.error).to.equal(undefined);
    }
    await changed(moderator, () => moderator.count === 1);
    elements[0]!.connect();
    for (const element of elements) await counts(element, 2);
    expect(errors).to.deep.equal([]);
  });

  it('is said by an element that comes after it, and brings nobody back', async () => {
    const first = await session.place({}, {}, page);
    await counts(first, 1);
    await session.remove(first);
    await become(first, 'disconnected');
    const second = await session.place({}, {}, page);
    await become(second, 'disconnected');
    expect(hiddenText(second)).to.equal('Removed from the session');
    first.remove();
    page.append(first);
    await first.updateComplete;
    await aTimeout(0);
    expect([first.state, second.state]).to.deep.equal(['disconnected', 'disconnected']);
  });

  it('is said by an element that is given the removed Session', async () => {
    const other = await session.join();
    const witness = await session.place({ observe: '' }, {}, page);
    await counts(witness, 1);
    await command('session-server:remove', {
      sessionId: session.sessionId,
      connectionId: other.connection!.connectionId,
    });
    await counts(witness, 0);
    await changed(other, () => other.state === 'disconnected');
    const element = await session.place({}, { session: other }, page);
    await become(element, 'disconnected');
    expect(hiddenText(element)).to.equal('Removed from the session');
  });

  it('is over with connect(), also right after disconnect()', async () => {
    const element = await session.place({}, {}, page);
    await counts(element, 1);
    await session.remove(element);
    await become(element, 'disconnected');
    element.disconnect();
    await element.updateComplete;
    expect(hiddenText(element)).to.equal('Disconnected');
    element.connect();
    await counts(element, 1);
  });

  it('keeps a manual element away that once was told to connect()', async () => {
    const element = await session.place({ manual: '' }, {}, page);
    element.connect();
    await counts(element, 1);
    await session.remove(element);
    await become(element, 'disconnected');
    element.remove();
    await element.updateComplete;
    page.append(element);
    await element.updateComplete;
    expect(element.state).to.equal('disconnected');
    expect(hiddenText(element)).to.equal('Removed from the session');
  });
});

describe('an origin that the real server refuses', () => {
  it('is told in one sentence that names the origin and the setting', async () => {
    const server = await command<string>('session-server:strict-url');
    const element = await session.place({ server }, {}, page);
    await become(element, 'failed');
    expect(errors).to.have.lengthOf(1);
    expect(errors[0]).to.include({ code: 1004, fatal: true });
    expect(errors[0]!.message).to.contain(location.origin).and.to.contain('--allow-origin (ALLOW_ORIGIN)');
    element.setAttribute('server', session.url);
    await counts(element, 1);
  });
});
