import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, suite, test } from 'node:test';
import WebSocket from 'ws';
import {
  CloseCode,
  connectPath,
  parseServerFrame,
  subprotocol,
  type ErrorFrame,
  type JoinedFrame,
} from '../../src/protocol/index.js';
import { createSessionServer, type Limits, type SessionServer } from '../../src/server/index.js';

suite('limits', () => {
  const servers: SessionServer[] = [];
  const sockets: WebSocket[] = [];
  let url = '';

  const serve = async (limits: Partial<Limits>, trustedProxies = 1): Promise<void> => {
    const project = { apiKey: '12345', apiSecrets: ['a secret for limits'], openSessions: ['*'] };
    const server = createSessionServer({ ...project, port: 0, limits, trustedProxies });
    servers.push(server);
    url = (await server.listen()).url.replace('http', 'ws');
  };
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.terminate();
  });
  after(() => Promise.all(servers.map((server) => server.close())));

  const connect = (from = '192.0.2.1'): WebSocket => {
    const headers = { 'X-Forwarded-For': from };
    const socket = new WebSocket(`${url}/${connectPath}`, subprotocol, { headers });
    // One that was refused can't be ended without one.
    socket.on('error', () => {});
    sockets.push(socket);
    return socket;
  };

  /** Opens a socket, joins, and resolves to what is answered first. */
  const join = async (
    sessionId: string,
    { from, key = `${Math.random()}`, observe }: { from?: string; key?: string; observe?: boolean } = {},
  ): Promise<{ socket: WebSocket; frame: JoinedFrame | ErrorFrame; closed: Promise<unknown[]> }> => {
    const socket = connect(from);
    const closed = once(socket, 'close');
    const answered = once(socket, 'message');
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'join', sessionId, key, observe, detail: 'count' })),
    );
    const [message] = await answered;
    return { socket, closed, frame: parseServerFrame(String(message)) as JoinedFrame | ErrorFrame };
  };

  const assertFull = async (
    { frame, closed }: Awaited<ReturnType<typeof join>>,
    ...parts: RegExp[]
  ): Promise<void> => {
    assert.ok(frame.type === 'error', JSON.stringify(frame));
    assert.equal(frame.code, 1027);
    assert.equal(frame.fatal, false);
    for (const part of parts) assert.match(frame.message, part);
    assert.equal((await closed)[0], CloseCode.full);
  };

  test('an address may have so many connections, and another as many', async () => {
    await serve({ connectionsPerAddress: 2 });
    const { socket, closed } = await join('lobby');
    await join('hall');
    await assertFull(await join('lobby'), /one address/, /--max-connections-per-address/, /--trust-proxy/);
    assert.equal((await join('lobby', { from: '192.0.2.2' })).frame.type, 'joined');
    socket.close(CloseCode.normal);
    await closed;
    assert.equal((await join('lobby')).frame.type, 'joined');
  });

  test('a session may have so many connections, whom nobody drives out and who may come back', async () => {
    await serve({ connectionsPerSession: 2 });
    const first = await join('lobby', { key: 'first' });
    await join('lobby');
    await assertFull(await join('lobby'), /session is full/, /--max-connections-per-session/);
    assert.equal((await join('other')).frame.type, 'joined');
    assert.equal((await join('lobby', { observe: true })).frame.type, 'joined');
    const again = await join('lobby', { key: 'first' });
    assert.ok(again.frame.type === 'joined' && again.frame.resumed);
    assert.equal((await first.closed)[0], CloseCode.superseded);
  });

  test('a server may have so many sessions', async () => {
    await serve({ sessions: 1 });
    const { socket, closed } = await join('lobby', { observe: true });
    await assertFull(await join('hall'), /server is full/, /--max-sessions/);
    assert.equal((await join('lobby', { observe: true })).frame.type, 'joined');
    for (const each of sockets) each.close();
    socket.close();
    await closed;
  });

  test('more handshakes than a second may have are asked to come later', async () => {
    await serve({ handshakesPerSecond: 1 });
    await once(connect(), 'open');
    // Of another address, or that one's own share would be used up.
    const socket = connect('192.0.2.2');
    const refused = once(socket, 'unexpected-response');
    const [, response] = (await refused) as [
      unknown,
      { statusCode: number; headers: Record<string, string> },
    ];
    assert.equal(response.statusCode, 503);
    assert.equal(response.headers['retry-after'], '5');
  });

  test('one address leaves half of the handshakes to the others', async () => {
    await serve({ handshakesPerSecond: 4 });
    const opened = (socket: WebSocket): Promise<boolean> =>
      new Promise((resolve) => {
        socket.once('open', () => resolve(true));
        socket.once('unexpected-response', () => resolve(false));
      });
    const ofOne = await Promise.all(Array.from({ length: 20 }, () => opened(connect())));
    assert.ok(ofOne.includes(false));
    assert.equal(await opened(connect('192.0.2.2')), true);
  });

  test('a client may send so many frames', async () => {
    await serve({ framesPerSecond: 1 });
    const { socket, closed } = await join('lobby');
    for (let frame = 0; frame < 3; frame++) {
      socket.send(JSON.stringify({ type: 'visibility', state: 'visible' }));
    }
    assert.equal((await closed)[0], CloseCode.tooManyFrames);
  });
});
