import { expect, fixture, oneEvent } from '@open-wc/testing';
import { SessionConnectionCountElement } from '../../src/index.js';
import { ScriptedClock } from './scripted-clock.js';
import { ScriptedServer } from './scripted-server.js';
import { visibleText } from './shown.js';

const tag = 'session-connection-count';

let server: ScriptedServer;
let clock: ScriptedClock;
let sessionId: string;
let made = 0;
beforeEach(() => {
  server = new ScriptedServer();
  clock = new ScriptedClock();
  sessionId = `session in order ${++made}`;
});
afterEach(() => {
  clock.stop();
  server.stop();
});

const onPage = async (
  properties: Partial<SessionConnectionCountElement> = {},
): Promise<SessionConnectionCountElement> => {
  const element = Object.assign(document.createElement(tag), properties);
  (await fixture('<div></div>')).append(element);
  return element;
};

async function become(element: SessionConnectionCountElement, state: string): Promise<void> {
  await element.updateComplete;
  while (element.state !== state) await oneEvent(element, 'session-state-change');
}

/** What came over each socket, and whether it is open. */
const sockets = (): [number, ...string[]][] =>
  server.sockets.map(({ readyState, sent }) => [readyState, ...sent.map(({ type }) => type)]);
const [open, closed] = [1, 3];

const permutations = (names: string[]): string[][] =>
  names.length
    ? names.flatMap((first) =>
        permutations(names.filter((name) => name !== first)).map((rest) => [first, ...rest]),
      )
    : [[]];

describe('attributes', () => {
  const names = ['session-id', 'server', 'token', 'api-key', 'observe'];
  const valueOf = (name: string): string =>
    ({ 'session-id': sessionId, server: '/', token: 'a.b.c', 'api-key': 'project', observe: '' })[name]!;

  const joinedAsSet = (): void => {
    expect(server.joins).to.have.lengthOf(1);
    expect(server.joins[0]).to.include({ sessionId, token: 'a.b.c', apiKey: 'project', observe: true });
  };

  it('lead to one join in all 120 orders', async () => {
    for (const [place, order] of permutations(names).entries()) {
      server.sockets.length = 0;
      sessionId = `order ${place}`;
      const element = await onPage();
      await element.updateComplete;
      for (const name of order) element.setAttribute(name, valueOf(name));
      await become(element, 'connected');
      joinedAsSet();
      element.remove();
    }
  });

  it('that follow each other in their own time lead to one join where the session comes last', async () => {
    for (const [place, order] of permutations(names.slice(1)).entries()) {
      server.sockets.length = 0;
      sessionId = `last ${place}`;
      const element = await onPage();
      for (const name of [...order, 'session-id']) {
        element.setAttribute(name, valueOf(name));
        await element.updateComplete;
      }
      await become(element, 'connected');
      joinedAsSet();
      element.remove();
    }
  });

  it('that come after the session, each in its own time, end as one join that is kept', async () => {
    server.verdict = ({ token }) => (token ? { count: 3 } : { code: 4401 });
    for (const [place, order] of permutations(names.slice(1)).entries()) {
      server.sockets.length = 0;
      sessionId = `first ${place}`;
      const element = await onPage();
      for (const name of ['session-id', ...order]) {
        element.setAttribute(name, valueOf(name));
        await element.updateComplete;
      }
      await become(element, 'connected');
      clock.advance(1_000);
      const kept = server.sockets.filter(({ readyState }) => readyState === open);
      expect(kept).to.have.lengthOf(1);
      expect(server.joins.at(-1)).to.include({ sessionId, token: 'a.b.c', apiKey: 'project', observe: true });
      expect(kept[0]!.sent).to.deep.equal([server.joins.at(-1)]);
      element.remove();
    }
  });

  it('may be set before the script is there, as properties too', async () => {
    const early = document.createElement('ordered-count') as SessionConnectionCountElement;
    early.setAttribute('session-id', 'overridden');
    early.setAttribute('server', '/');
    Object.assign(early, { sessionId, token: 'a.b.c', observe: true });
    early.setAttribute('api-key', 'project');
    (await fixture('<div></div>')).append(early);
    SessionConnectionCountElement.define('ordered-count');
    await become(early, 'connected');
    joinedAsSet();
  });

  it('may be numbers where a framework sets properties', async () => {
    const numbers: object = { sessionId: made, apiKey: 45828062, server: '/', label: 7, labelOne: 1 };
    await become(await onPage(numbers), 'connected');
    expect(server.joins[0]).to.include({ sessionId: `${made}`, apiKey: '45828062' });
  });

  it('may all be taken away', async () => {
    const element = await onPage({ sessionId, server: '/' });
    element.setAttribute('label', '{count}!');
    await become(element, 'connected');
    element.removeAttribute('label');
    await element.updateComplete;
    expect(visibleText(element)).to.equal('3');
    element.setAttribute('session-id', '');
    await become(element, 'idle');
    element.removeAttribute('session-id');
    clock.advance(1_000);
    expect(visibleText(element)).to.equal('–');
    expect(sockets()).to.deep.equal([[closed, 'join', 'leave']]);
  });
});

describe('while it connects', () => {
  const others = (): string => `${sessionId}, another`;

  it('another session-id leaves the first, which is never shown', async () => {
    server.verdict = (join) => ({ count: join.sessionId === sessionId ? 4 : 5 });
    const element = await onPage({ sessionId, server: '/' });
    const counts: unknown[] = [];
    element.addEventListener('session-count-change', ({ detail }) => counts.push(detail.count));
    await element.updateComplete;
    expect(element.state).to.equal('connecting');
    element.sessionId = others();
    await element.updateComplete;
    await become(element, 'connected');
    clock.advance(1_000);
    expect(counts).to.deep.equal([5]);
    expect(sockets()).to.deep.equal([
      [closed, 'join', 'leave'],
      [open, 'join'],
    ]);
  });

  it('another session-id and back is one join', async () => {
    const element = await onPage({ sessionId, server: '/' });
    await element.updateComplete;
    for (const next of [others(), sessionId]) {
      element.sessionId = next;
      await element.updateComplete;
    }
    await become(element, 'connected');
    clock.advance(1_000);
    expect(server.joins.filter((join) => join.sessionId === sessionId)).to.have.lengthOf(1);
    expect(sockets().filter(([state]) => state === open)).to.deep.equal([[open, 'join']]);
  });

  it('another token is a spare', async () => {
    server.verdict = ({ token }) => (token === 'd.e.f' ? { count: 3 } : { code: 4401 });
    const element = await onPage({ sessionId, server: '/', token: 'a.b.c' });
    await element.updateComplete;
    while (!server.sockets.length) await Promise.resolve();
    element.token = 'd.e.f';
    await become(element, 'connected');
    expect(server.joins.map(({ token }) => token)).to.deep.equal(['a.b.c', 'd.e.f']);
  });

  it('observe that comes and goes ends as it was set last', async () => {
    const element = await onPage({ sessionId, server: '/' });
    for (const observe of [true, false, true]) {
      element.observe = observe;
      await element.updateComplete;
    }
    await become(element, 'connected');
    clock.advance(1_000);
    const kept = server.sockets.filter(({ readyState }) => readyState === open);
    expect(kept.flatMap(({ sent }) => sent)).to.have.lengthOf(1);
    expect(kept[0]!.sent[0]).to.include({ type: 'join', observe: true });
  });

  it('a removal leaves nothing', async () => {
    const element = await onPage({ sessionId, server: '/' });
    await element.updateComplete;
    element.remove();
    await element.updateComplete;
    clock.advance(1_000);
    await Promise.resolve();
    expect(sockets().filter(([state]) => state === open)).to.deep.equal([]);
    expect(element.state).to.equal('idle');
  });
});

describe('three elements with three tokens of one session', () => {
  it('are one socket, on which the first token that is accepted serves', async () => {
    server.verdict = ({ token }) => (token === 'two.to.ken' ? { count: 3 } : { code: 4401 });
    const elements = [];
    for (const token of ['one.to.ken', 'two.to.ken', 'three.to.ken']) {
      elements.push(await onPage({ sessionId, server: '/', token }));
    }
    for (const element of elements) {
      await become(element, 'connected');
      expect(visibleText(element)).to.equal('3');
    }
    expect(server.joins.map(({ token }) => token)).to.deep.equal(['one.to.ken', 'two.to.ken']);
    elements[1]!.remove();
    await elements[1]!.updateComplete;
    clock.advance(1_000);
    expect(elements[0]!.state).to.equal('connected');
    for (const element of elements) element.remove();
    await elements[2]!.updateComplete;
    clock.advance(1_000);
    expect(sockets().map(([state]) => state)).to.deep.equal([closed, closed]);
  });
});
