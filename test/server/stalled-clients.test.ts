import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { createSessionServer } from '../../src/server/index.js';

suite('clients that stall', () => {
  const server = createSessionServer({ apiKey: '12345', apiSecrets: ['a secret for stalling'], port: 0 });
  let port: number;
  let refused: Socket;

  const send = async (text: string): Promise<Socket> => {
    // It keeps its own half open whatever the server does.
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.resume();
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  };

  before(async () => {
    port = Number(new URL((await server.listen()).url).port);
  });
  after(() => refused.destroy());

  test('a head that never ends is given up after 10 s', async () => {
    const began = Date.now();
    const socket = await send('GET / HTTP/1.1\r\nHost: localhost\r\n');
    await once(socket, 'end');
    const took = Date.now() - began;
    assert.ok(took >= 10_000 && took < 12_500, `after ${took} ms`);
    socket.destroy();
  });

  test('a refused upgrade holds nothing open', async () => {
    refused = await send(
      'GET /elsewhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    );
    await once(refused, 'end');
    await server.close();
  });
});
