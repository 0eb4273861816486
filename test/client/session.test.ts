import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { Session, shareSession, type SessionOptions } from '../../src/client/index.js';
import { CloseCode } from '../../src/protocol/index.js';
import { ScriptedServer } from '../browser/scripted-server.js';

suite('a session', () => {
  let server: ScriptedServer;
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    server = new ScriptedServer();
  });
  afterEach(() => {
    server.stop();
    mock.timers.reset();
  });

  const options = { server: 'http://sessions.example', sessionId: 'lobby' };
  const join = async (more: Partial<SessionOptions> = {}): Promise<Session> => {
    const session = new Session({ ...options, token: 'a.b.c', ...more });
    session.connect();
    await setImmediate();
    return session;
  };
  const openSockets = (): number => server.sockets.filter(({ readyState }) => readyState === 1).length;

  test('that a listener ends tells of its end after what came before it', async () => {
    const session = await join();
    session.disconnect();
    const told: string[] = [];
    session.addEventListener('stateChanged', ({ state }) => {
      told.push(state);
      if (state === 'connected') session.disconnect();
    });
    session.addEventListener('sessionConnected', () => told.push('sessionConnected'));
    session.addEventListener('sessionDisconnected', () => told.push('sessionDisconnected'));
    session.addEventListener('countChanged', ({ count }) => told.push(`${count}`));
    session.connect();
    await setImmediate();
    assert.deepEqual(told, [
      'connecting',
      'connected',
      'sessionConnected',
      '3',
      'disconnected',
      'sessionDisconnected',
      'undefined',
    ]);
    assert.equal(openSockets(), 0);
  });

  test('joins with a spare token where the first source fails', async () => {
    const session = new Session({ ...options, token: () => Promise.reject(new Error('out of order')) });
    session.tokens.add(() => 'd.e.f');
    session.connect();
    await setImmediate();
    assert.equal(session.state, 'connected');
    assert.equal(server.joins[0]?.token, 'd.e.f');
    session.disconnect();
  });

  test('says why there is no token where every source fails', async () => {
    const session = await join({ token: () => Promise.reject(new Error('out of order')) });
    assert.match(session.error!.message, /out of order/);
    assert.equal(session.state, 'connecting');
    session.disconnect();
  });

  test('gives up a socket that says nothing after a drain, whatever became of the one before it', async () => {
    const session = await join();
    const answer = server.answer.bind(server);
    // As a process that stands still.
    server.answer = () => {};
    server.sockets[0]!.receive({ type: 'drain' });
    await setImmediate();
    server.sockets[0]!.close(CloseCode.superseded);
    await setImmediate();
    assert.equal(session.state, 'connected');
    server.answer = answer;
    server.verdict = () => ({ count: 4 });
    mock.timers.tick(10_000);
    await setImmediate();
    assert.equal(session.state, 'reconnecting');
    mock.timers.tick(500);
    await setImmediate();
    assert.equal(session.state, 'connected');
    assert.equal(session.count, 4);
    assert.equal(openSockets(), 1);
    session.disconnect();
  });

  test('gives up a socket that was on its way when another drain comes', async () => {
    const session = await join();
    server.answer = () => {};
    for (let time = 0; time < 2; time++) {
      server.sockets[0]!.receive({ type: 'drain' });
      await setImmediate();
    }
    assert.equal(server.sockets.length, 3);
    session.disconnect();
    assert.equal(openSockets(), 0);
  });

  test('waits before it comes back to a server that refuses without a word', async () => {
    server.answer = (socket) => socket.close(CloseCode.unauthorized);
    const session = await join();
    assert.equal(server.sockets.length, 1);
    session.disconnect();
  });

  test('that is shared stays while one of its users holds it, however often another lets go', async () => {
    const [first, second] = [shareSession(options, () => 'a.b.c'), shareSession(options, () => 'a.b.c')];
    await setImmediate();
    first.release();
    first.release();
    mock.timers.tick(2_000);
    assert.equal(second.session.state, 'connected');
    second.release();
    mock.timers.tick(2_000);
    assert.equal(second.session.state, 'disconnected');
  });
});
