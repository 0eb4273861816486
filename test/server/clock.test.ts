import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mock, test } from 'node:test';
import WebSocket from 'ws';
import { CloseCode, connectPath, parseServerFrame, subprotocol } from '../../src/protocol/index.js';
import { createSessionServer } from '../../src/server/index.js';

test('a clock that is set back an hour costs nobody the connection, and leaves nobody behind', async () => {
  const server = createSessionServer({
    apiKey: '12345',
    apiSecrets: ['a secret for clocks'],
    port: 0,
    openSessions: ['lobby'],
  });
  const { url } = await server.listen();
  const sockets: WebSocket[] = [];
  const join = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/${connectPath}`, subprotocol);
    sockets.push(socket);
    await once(socket, 'open');
    const key = `key ${sockets.length}`;
    socket.send(JSON.stringify({ type: 'join', sessionId: 'lobby', key, detail: 'count' }));
    await once(socket, 'message');
    return socket;
  };
  try {
    const staying = await join();
    let count: number | undefined;
    let changed = (): void => {};
    staying.on('message', (data: Buffer) => {
      const frame = parseServerFrame(data.toString());
      if ('count' in frame) count = frame.count;
      changed();
    });
    staying.on('close', () => changed());
    const until = async (expected: number): Promise<void> => {
      while (count !== expected) {
        assert.equal(staying.readyState, WebSocket.OPEN);
        await new Promise<void>((resolve) => (changed = resolve));
      }
    };
    const leaving = await join();
    await until(2);

    leaving.close(CloseCode.pageHidden);
    await once(leaving, 'close');
    const realNow = Date.now;
    mock.method(Date, 'now', () => realNow() - 3_600_000);
    count = undefined;
    staying.send('{"type":"sync","epoch":0,"seq":0}');
    await until(2);
    await until(1);
  } finally {
    mock.restoreAll();
    for (const socket of sockets) socket.terminate();
    await server.close();
  }
});
