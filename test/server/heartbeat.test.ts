import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import WebSocket from 'ws';
import { connectPath, subprotocol } from '../../src/protocol/index.js';
import { createSessionServer } from '../../src/server/index.js';

test('a client is pinged without data, and closed with all others by a server that stops', async () => {
  const server = createSessionServer({ apiKey: '12345', apiSecrets: ['a secret for heartbeats'], port: 0 });
  const { url } = await server.listen();
  const open = (): WebSocket => new WebSocket(`${url.replace('http', 'ws')}/${connectPath}`, subprotocol);
  const sockets = [open(), open()];
  const closed = Promise.all(sockets.map((socket) => once(socket, 'close')));
  try {
    const pings = (await Promise.all(sockets.map((socket) => once(socket, 'ping')))) as [Buffer][];
    for (const [data] of pings) assert.equal(data.length, 0);
  } finally {
    await server.close();
  }
  assert.deepEqual(
    (await closed).map(([code]) => code as number),
    [1012, 1012],
  );
});
