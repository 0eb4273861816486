import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, test } from 'node:test';
import WebSocket from 'ws';
import { CloseCode, connectPath, parseServerFrame, subprotocol } from '../../src/protocol/index.js';
import { createSessionServer, issueClientToken, type SessionServer } from '../../src/server/index.js';
import { managementToken } from './made-tokens.js';

const apiKey = '12345';
const apiSecret = 'a'.repeat(40);

const servers: SessionServer[] = [];
const serve = async (options: { port?: number; development?: boolean } = {}): Promise<string> => {
  const server = createSessionServer({ apiKey, apiSecrets: [apiSecret], port: 0, ...options });
  servers.push(server);
  return (await server.listen()).url;
};
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const join = async (url: string): Promise<{ socket: WebSocket; connectionId: string }> => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/${connectPath}`, subprotocol);
  await once(socket, 'open');
  const token = await issueClientToken({ apiKey, apiSecret, sessionId: 'lobby' });
  socket.send(
    JSON.stringify({ type: 'join', sessionId: 'lobby', token, key: 'k'.repeat(22), detail: 'count' }),
  );
  const [message] = await once(socket, 'message');
  const frame = parseServerFrame(String(message));
  assert.ok(frame.type === 'joined' && frame.connection, String(message));
  return { socket, connectionId: frame.connection.connectionId };
};

test('who joins over the WebSocket is listed and removed over HTTP', async () => {
  const url = await serve();
  const { socket, connectionId } = await join(url);
  const closed = once(socket, 'close');
  const token = await managementToken({ apiKey, apiSecret });
  const connections = `${url}/v2/project/${apiKey}/session/lobby/connection`;
  const headers = { 'X-OPENTOK-AUTH': token };
  const list = async () =>
    ((await (await fetch(connections, { headers })).json()) as { items: { connectionId: string }[] }).items;

  assert.deepEqual(
    (await list()).map((item) => item.connectionId),
    [connectionId],
  );
  const removal = await fetch(`${connections}/${encodeURIComponent(connectionId)}`, {
    method: 'DELETE',
    headers,
  });
  assert.equal(removal.status, 204);
  assert.equal((await closed)[0], CloseCode.removed);
  assert.deepEqual(await list(), []);
});

test('a server that closes sends its connections to another', async () => {
  const { socket } = await join(await serve());
  const closed = once(socket, 'close');
  await servers.pop()!.close();
  assert.equal((await closed)[0], CloseCode.restart);
});

test('an upgrade to anything but its WebSocket is answered without one', async () => {
  const url = await serve();
  const ask = async (path: string, upgrade: string): Promise<[number | undefined, string]> => {
    const outgoing = get(`${url}${path}`, { headers: { Connection: 'Upgrade', Upgrade: upgrade } });
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return [answer.statusCode, await text(answer)];
  };
  assert.deepEqual(await ask('/healthz', 'h2c'), [200, 'ok\n']);
  assert.equal((await ask(`/${connectPath}`, 'h2c'))[0], 426);
  const [status, body] = await ask('/nowhere', 'websocket');
  assert.equal(status, 404);
  assert.match(body, /nothing at \/nowhere/);
});

test('a port in use is reported', async () => {
  const port = Number(new URL(await serve()).port);
  await assert.rejects(
    serve({ port }),
    (error: Error) => error.message.includes(String(port)) && error.message.includes('--port'),
  );
  servers.pop();
});

test('a development server does not listen where others can reach it', () => {
  const options = { apiKey, apiSecrets: [apiSecret], host: '0.0.0.0', development: true };
  assert.throws(() => createSessionServer(options), /0\.0\.0\.0/);
});
