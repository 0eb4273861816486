import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import WebSocket from 'ws';
import { CloseCode, connectPath, parseServerFrame, subprotocol } from '../../src/protocol/index.js';
import { createSessionServer } from '../../src/server/index.js';

test('a socket that nobody joins on is refused, one that was joined on stays', async () => {
  const server = createSessionServer({
    apiKey: '12345',
    apiSecrets: ['a secret for deadlines'],
    port: 0,
    openSessions: ['lobby'],
  });
  const { url } = await server.listen();
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/${connectPath}`, subprotocol);
    await once(socket, 'open');
    return socket;
  };
  try {
    const joined = await open();
    joined.send(JSON.stringify({ type: 'join', sessionId: 'lobby', key: 'key', detail: 'count' }));
    await once(joined, 'message');
    const silent = await open();
    const closed = once(silent, 'close');
    const [message] = await once(silent, 'message');
    const frame = parseServerFrame(String(message));
    assert.ok(frame.type === 'error' && /No join frame/.test(frame.message));
    assert.equal((await closed)[0], CloseCode.protocol);
    assert.equal(joined.readyState, WebSocket.OPEN);
  } finally {
    await server.close();
  }
});
