import { expect } from '@open-wc/testing';
import { executeServerCommand } from '@web/test-runner-commands';
import {
  fetchToken,
  Session,
  shareSession,
  type ConnectionSource,
  type ConnectionSourceEventMap,
  type SessionError,
  type SessionOptions,
} from '../../src/client/index.js';

const command = <Result>(name: string, payload?: object): Promise<Result> =>
  executeServerCommand<Result, object | undefined>(`session-server:${name}`, payload);

const once = <Type extends keyof ConnectionSourceEventMap>(
  source: ConnectionSource,
  type: Type,
): Promise<ConnectionSourceEventMap[Type]> =>
  new Promise((resolve) => source.addEventListener(type, resolve, { once: true }));

/** Resolves when a source shows a present number. */
async function shows(source: ConnectionSource, count: number): Promise<void> {
  while (source.count !== count || source.stale) await once(source, 'countChanged');
}

describe('a session on the real server', () => {
  let url: string;
  let sessionId: string;
  let sessions: Session[] = [];
  let made = 0;

  before(async () => {
    url = await command('url');
  });
  beforeEach(() => {
    sessionId = `session ${++made}`;
  });
  afterEach(() => {
    for (const session of sessions) session.disconnect();
    sessions = [];
    sessionStorage.clear();
  });

  const token = (role = 'subscriber', options: object = {}): Promise<string> =>
    command('token', { sessionId, role, ...options });
  const make = (options: Partial<SessionOptions> = {}): Session => {
    const session = new Session({ server: url, sessionId, ...options });
    sessions.push(session);
    return session;
  };
  const join = async (role = 'subscriber', options: Partial<SessionOptions> = {}): Promise<Session> => {
    const session = make({ token: await token(role), ...options });
    session.connect();
    await once(session, 'sessionConnected');
    return session;
  };

  it('counts who is in it, oneself included', async () => {
    const first = make({ token: await token() });
    expect(first.state).to.equal('idle');
    expect(first.count).to.equal(undefined);
    first.connect();
    expect(first.state).to.equal('connecting');
    await shows(first, 1);
    expect(first.state).to.equal('connected');
    expect(first.selfCounted).to.equal(true);
    const second = await join();
    await shows(first, 2);
    second.disconnect();
    expect(second.state).to.equal('disconnected');
    expect(second.count).to.equal(undefined);
    await shows(first, 1);
  });

  it('shows an observer the count without counting it', async () => {
    const member = await join();
    const byRole = await join('observer');
    const byOption = await join('subscriber', { observe: true });
    await Promise.all([byRole, byOption].map((observer) => shows(observer, 1)));
    expect(byRole.selfCounted).to.equal(false);
    expect(byOption.connection).to.equal(undefined);
    await join();
    await Promise.all([member, byRole, byOption].map((source) => shows(source, 2)));
  });

  it('keeps a list only from the first listener on, and then tells of later ones alone', async () => {
    const first = await join();
    expect(first.connections).to.equal(undefined);
    const second = await join();
    await shows(first, 2);
    const created = once(first, 'connectionCreated');
    while (!first.connections) await once(first, 'countChanged');
    const third = await join();
    const event = await created;
    expect(event.connections.map(({ connectionId }) => connectionId)).to.deep.equal([
      third.connection!.connectionId,
    ]);
    expect(event.reason).to.equal(undefined);
    expect(event.target).to.equal(first);
    expect([...first.connections.keys()]).to.have.members(
      [first, second, third].map(({ connection }) => connection!.connectionId),
    );
  });

  it('gives who listens before it connects everyone in sessionConnected', async () => {
    const first = await join('subscriber', { token: await token('subscriber', { data: 'name=Ada' }) });
    const second = make({ token: await token() });
    const created: unknown[] = [];
    second.addEventListener('connectionCreated', (event) => created.push(event));
    second.connect();
    const { connections } = await once(second, 'sessionConnected');
    expect(connections.map(({ connectionId }) => connectionId)).to.have.members(
      [first, second].map(({ connection }) => connection!.connectionId),
    );
    expect(connections.find(({ data }) => data)?.data).to.equal('name=Ada');
    expect(created).to.deep.equal([]);
  });

  it('says why others left', async () => {
    const first = make({ token: await token('moderator') });
    first.list();
    first.connect();
    const leaver = await join();
    const removed = await join();
    await Promise.all([first, leaver, removed].map((session) => shows(session, 3)));
    let destroyed = once(first, 'connectionDestroyed');
    leaver.disconnect();
    expect((await destroyed).reason).to.equal('clientDisconnected');

    destroyed = once(first, 'connectionDestroyed');
    const ended = once(removed, 'sessionDisconnected');
    await first.forceDisconnect(removed.connection!);
    expect((await destroyed).reason).to.equal('forceDisconnected');
    expect((await ended).reason).to.equal('forceDisconnected');
    expect(removed.state).to.equal('disconnected');
    expect(first.count).to.equal(1);
  });

  it('refuses to remove for who is no moderator or not connected, and who is not there', async () => {
    const refusal = (promise: Promise<void>): Promise<SessionError> =>
      promise.then(
        () => expect.fail('it was not refused'),
        (error: SessionError) => error,
      );
    const subscriber = await join();
    const moderator = await join('moderator');
    expect((await refusal(subscriber.forceDisconnect(moderator.connection!))).code).to.equal(1520);
    expect((await refusal(moderator.forceDisconnect('nobody'))).code).to.equal(1011);
    expect((await refusal(make().forceDisconnect('nobody'))).code).to.equal(1010);
    expect(subscriber.state).to.equal('connected');
  });

  it('is another connection after a restart, and says so in the order that a running total needs', async () => {
    const first = make({ token: await token() });
    const order: string[] = [];
    for (const type of [
      'sessionConnected',
      'sessionReconnecting',
      'sessionReconnected',
      'sessionDisconnected',
    ] as const) {
      first.addEventListener(type, () => order.push(type));
    }
    first.addEventListener('connectionCreated', () => {});
    first.connect();
    await once(first, 'sessionConnected');
    const before = first.connection!.connectionId;
    await command('restart');
    const { connections } = await once(first, 'sessionConnected');
    expect(order).to.deep.equal([
      'sessionConnected',
      'sessionReconnecting',
      'sessionDisconnected',
      'sessionConnected',
    ]);
    expect(connections.map(({ connectionId }) => connectionId)).to.deep.equal([
      first.connection!.connectionId,
    ]);
    expect(first.connection!.connectionId).not.to.equal(before);
    await shows(first, 1);
  });

  it('shares one connection among the users of a page, and leaves with the last', async () => {
    const observer = await join('observer');
    const good = await token();
    const options = { server: url, sessionId };
    const first = shareSession(options, () => good);
    const second = shareSession(options, () => good);
    expect(second.session).to.equal(first.session);
    await shows(observer, 1);
    first.release();
    await shows(second.session, 1);
    second.release();
    expect(second.session.state).to.equal('connected');
    await shows(observer, 0);
    expect(second.session.state).to.equal('disconnected');
  });

  it('takes the first token that is accepted, and asks once more after a refusal', async () => {
    const expired = await command<string>('expired-token', { sessionId });
    const fresh = await token();
    const asked: unknown[] = [];
    const session = make({
      token: (refused) => {
        asked.push(refused);
        return refused ? fresh : expired;
      },
    });
    session.connect();
    await shows(session, 1);
    expect(asked).to.deep.equal([undefined, expired]);
  });

  it('fails with an expired token, and joins when it gets another', async () => {
    const session = make({ token: await command<string>('expired-token', { sessionId }) });
    session.connect();
    const { error } = await once(session, 'sessionError');
    expect(error.code).to.equal(1004);
    expect(error.fatal).to.equal(true);
    expect(error.message).to.match(/expired/);
    expect(session.state).to.equal('failed');
    const fresh = await token();
    session.tokens.add(() => fresh);
    await shows(session, 1);
    expect(session.error).to.equal(undefined);
  });

  it('fails at once with a token-url that can never be right', async () => {
    const session = make({ token: () => fetchToken('https://elsewhere.example/token') });
    session.connect();
    const { error } = await once(session, 'sessionError');
    expect(error.code).to.equal(1011);
    expect(error.message).to.match(/elsewhere\.example\/token.*own origin/);
    expect(session.state).to.equal('failed');
  });

  it('needs no token where the server opens the session, but sees no list there', async () => {
    sessionId = `open-${made}`;
    const session = make();
    session.addEventListener('connectionCreated', () => {});
    session.connect();
    await once(session, 'sessionConnected');
    await shows(session, 1);
    expect(session.connections).to.equal(undefined);
    expect(session.role).to.equal('subscriber');
  });

  it('says once that a server is out of reach, and goes on trying', async () => {
    const session = make({ server: 'http://127.0.0.1:9' });
    session.connect();
    const { error } = await once(session, 'sessionError');
    expect(error.code).to.equal(1006);
    expect(error.fatal).to.equal(false);
    expect(error.message).to.match(/ws:\/\/127\.0\.0\.1:9\/.*server.*connect-src/);
    expect(session.state).to.equal('connecting');
  });

  it('names what is wrong with a session id or a server address', () => {
    expect(() => make({ sessionId: '' }))
      .to.throw(/1 to 255/)
      .with.property('code', 1005);
    expect(() => make({ sessionId: 'a\nb' }))
      .to.throw(/control/)
      .with.property('code', 1005);
    expect(() => make({ server: 'mailto:x' }))
      .to.throw(/mailto:x.*http/)
      .with.property('code', 1011);
  });
});
