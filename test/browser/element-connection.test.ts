import { aTimeout, expect, fixture, oneEvent } from '@open-wc/testing';
import { SessionConnectionCountElement } from '../../src/index.js';
import { ScriptedServer } from './scripted-server.js';
import { hiddenText, record, visibleText } from './shown.js';

const tag = 'session-connection-count';

let server: ScriptedServer;
let number = 0;
let sessionId: string;
beforeEach(() => {
  server = new ScriptedServer();
  // A session that was left stays open for a second: each test has one of its own.
  sessionId = `session-${++number}`;
});
afterEach(() => {
  server.stop();
  SessionConnectionCountElement.defaultServer = undefined;
});

/** An element with these attributes, when it is in the state. */
async function reach(
  state: string,
  attributes: Record<string, string>,
): Promise<SessionConnectionCountElement> {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  (await fixture('<div></div>')).append(element);
  await become(element, state);
  return element;
}

async function become(element: SessionConnectionCountElement, state: string): Promise<void> {
  await element.updateComplete;
  while (element.state !== state) await oneEvent(element, 'session-state-change');
}

describe('attributes', () => {
  const attributes = (): [string, string][] => [
    ['session-id', sessionId],
    ['server', '/sessions'],
    ['token', 'a.b.c'],
    ['api-key', 'project'],
    ['observe', ''],
  ];

  for (const turn of [0, 1, 2, 3, 4]) {
    it(`lead to one connect in any order (${turn})`, async () => {
      const ordered = [...attributes().slice(turn), ...attributes().slice(0, turn)];
      const element = (await fixture('<div></div>')).appendChild(document.createElement(tag));
      for (const [name, value] of ordered) element.setAttribute(name, value);
      await become(element, 'connected');
      expect(server.joins).to.have.lengthOf(1);
      expect(server.joins[0]).to.include({ sessionId, token: 'a.b.c', apiKey: 'project', observe: true });
      expect(server.sockets[0]!.url).to.equal(`${location.origin.replace('http', 'ws')}/sessions/v1/connect`);
      expect(visibleText(element)).to.equal('3');
    });
  }

  it('that name the same session are one connection', async () => {
    await reach('connected', { 'session-id': sessionId, server: '/' });
    const second = await reach('connected', {
      'session-id': sessionId,
      server: location.origin,
      label: '{count}!',
    });
    expect(server.sockets).to.have.lengthOf(1);
    expect(visibleText(second)).to.equal('3!');
  });

  it("session-id may hold the page's path", async () => {
    await reach('connected', { 'session-id': `${sessionId}:{path}`, server: '/' });
    expect(server.joins[0]!.sessionId).to.equal(`${sessionId}:${location.pathname}`);
  });

  it('another session-id is another connection', async () => {
    const element = await reach('connected', { 'session-id': sessionId, server: '/' });
    element.sessionId = `${sessionId}-b`;
    await become(element, 'connected');
    await element.updateComplete;
    await become(element, 'connected');
    expect(server.joins.map((join) => join.sessionId)).to.deep.equal([sessionId, `${sessionId}-b`]);
  });

  it('token alone reconnects nothing', async () => {
    const element = await reach('connected', { 'session-id': sessionId, server: '/', token: 'a.b.c' });
    element.token = 'd.e.f';
    await element.updateComplete;
    expect(server.sockets).to.have.lengthOf(1);
    expect(element.state).to.equal('connected');
  });

  it('server may be set for the whole page', async () => {
    SessionConnectionCountElement.defaultServer = '/all';
    await reach('connected', { 'session-id': sessionId });
    expect(server.sockets[0]!.url).to.contain('/all/v1/connect');
  });

  for (const [what, attributes, named] of [
    ['no server', {}, '"server"'],
    ['a server that is no address', { server: 'mailto:somebody' }, 'mailto:somebody'],
    ['a session-id that is too long', { server: '/', 'session-id': 'x'.repeat(256) }, 'session id'],
  ] as const) {
    it(`${what} is an error that says so, and no socket`, async () => {
      const page = await fixture('<div></div>');
      const errors = record(page, 'session-error') as { message: string; fatal: boolean }[];
      const element = document.createElement(tag);
      for (const [name, value] of Object.entries({ 'session-id': sessionId, ...attributes })) {
        element.setAttribute(name, value);
      }
      page.append(element);
      await become(element, 'failed');
      expect(errors).to.have.lengthOf(1);
      expect(errors[0]!.fatal).to.equal(true);
      expect(errors[0]!.message).to.contain(named);
      expect(element.error!.message).to.equal(errors[0]!.message);
      expect(server.sockets).to.have.lengthOf(0);
      await expect(element).to.be.accessible();
      element.setAttribute('server', '/');
      element.setAttribute('session-id', `${sessionId}-b`);
      await become(element, 'connected');
      expect(element.error).to.equal(undefined);
    });
  }
});

describe('tokens', () => {
  it('come from the attribute, after a refusal from the provider', async () => {
    server.verdict = ({ token }) => (token === 'new.to.ken' ? { count: 3 } : { code: 4401 });
    const element = document.createElement(tag);
    Object.assign(element, { sessionId, server: '/', token: 'a.b.c' });
    element.tokenProvider = () => Promise.resolve('new.to.ken');
    (await fixture('<div></div>')).append(element);
    await become(element, 'connected');
    expect(server.joins.map(({ token }) => token)).to.deep.equal(['a.b.c', 'new.to.ken']);
  });

  it('that are refused end it, until there is a new one', async () => {
    server.verdict = ({ token }) => (token === 'good.to.ken' ? { count: 3 } : { code: 4401 });
    const page = await fixture('<div></div>');
    const details = record(page, 'session-error', 'session-state-change', 'session-count-change');
    const element = document.createElement(tag);
    Object.assign(element, { sessionId, server: '/', token: 'bad.to.ken' });
    page.append(element);
    await become(element, 'failed');
    expect(element.error!.code).to.equal(1004);
    expect(visibleText(element)).to.equal('–');
    element.label = 'something else';
    await element.updateComplete;
    expect(server.joins).to.have.lengthOf(1);
    element.token = 'good.to.ken';
    await element.updateComplete;
    await become(element, 'connected');
    expect(JSON.stringify(details)).not.to.contain('to.ken');
  });
});

describe('connect and disconnect', () => {
  it('manual waits for connect()', async () => {
    const element = await reach('idle', { 'session-id': sessionId, server: '/', manual: '' });
    await aTimeout(0);
    expect(server.sockets).to.have.lengthOf(0);
    element.connect();
    await become(element, 'connected');
    expect(server.joins).to.have.lengthOf(1);
  });

  it("disconnect() ends this element's share only, and connect() takes it again", async () => {
    const [one, two] = [
      await reach('connected', { 'session-id': sessionId, server: '/' }),
      await reach('connected', { 'session-id': sessionId, server: '/' }),
    ];
    const details = record(one, 'session-state-change', 'session-count-change');
    one.disconnect();
    await one.updateComplete;
    expect(details).to.deep.equal([
      { state: 'disconnected', reason: 'clientDisconnected' },
      { count: undefined, previous: 3 },
    ]);
    expect(visibleText(one)).to.equal('–');
    expect(hiddenText(one)).to.equal('Disconnected');
    expect(two.state).to.equal('connected');
    expect(server.sockets[0]!.sent.map(({ type }) => type)).to.deep.equal(['join']);
    one.connect();
    await become(one, 'connected');
    expect(server.sockets).to.have.lengthOf(1);
  });

  it('who was removed stays away when the element moves, until connect()', async () => {
    const element = await reach('connected', { 'session-id': sessionId, server: '/' });
    server.sockets[0]!.close(4403);
    await become(element, 'disconnected');
    expect(hiddenText(element)).to.equal('Removed from the session');
    (await fixture('<p></p>')).append(element);
    await element.updateComplete;
    expect(hiddenText(element)).to.equal('Removed from the session');
    await aTimeout(0);
    expect(server.sockets).to.have.lengthOf(1);
    element.connect();
    await become(element, 'connected');
    expect(server.sockets).to.have.lengthOf(2);
  });
});

describe('session', () => {
  for (const [what, value] of [
    ['an object', {}],
    ['a number', 5],
    ['a room of another platform', { on: () => {}, remoteParticipants: new Map() }],
  ] as const) {
    it(`${what} that is no ConnectionSource is an error that says what is`, async () => {
      const element = await fixture<SessionConnectionCountElement>(`<${tag}></${tag}>`);
      const errors = record(element, 'session-error') as { message: string; code: number }[];
      element.session = value;
      await become(element, 'failed');
      expect(errors[0]!.code).to.equal(1011);
      expect(errors[0]!.message).to.contain('a ConnectionSource');
    });
  }

  /** An object with the shape of a LiveKit room. */
  const room = (others: number) =>
    Object.assign(
      { on: () => {}, off: () => {}, state: 'connected' },
      {
        localParticipant: { sid: 'own', identity: 'me' },
        remoteParticipants: new Map(
          Array.from({ length: others }, (_, index) => [
            `${index}`,
            { sid: `${index}`, identity: `${index}` },
          ]),
        ),
      },
    );

  it('may be the object of another platform', async () => {
    const element = await fixture<SessionConnectionCountElement>(`<${tag}></${tag}>`);
    element.session = room(2);
    await element.updateComplete;
    expect(element.state).to.equal('connecting');
    await become(element, 'connected');
    expect(element.count).to.equal(3);
  });

  it('is the last that was set, where those before it take long to be known', async () => {
    const element = await fixture<SessionConnectionCountElement>(`<${tag}></${tag}>`);
    const errors = record(element, 'session-error');
    element.session = {};
    await element.updateComplete;
    element.session = room(1);
    await element.updateComplete;
    element.session = room(4);
    await become(element, 'connected');
    expect(element.count).to.equal(5);
    expect(errors).to.deep.equal([]);
  });
});
