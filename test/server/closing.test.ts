import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { ServedWebSocket } from '../../src/server/socket/served-web-socket.js';
import { frame, opcode, RawClient } from '../hostile/raw-client.js';

for (const [what, payload, code] of [
  ['with a code', Buffer.from([0x0f, 0xa1]), 4001],
  ['without one', Buffer.alloc(0), 1005],
] as const) {
  test(`a client that closes ${what} is taken at its word before its connection is gone`, async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, WebSocket: ServedWebSocket });
    await once(server, 'listening');
    const heard: [string, number][] = [];
    const gone = new Promise<void>((resolve) =>
      server.on('connection', (socket) => {
        socket.listener = {
          onMessage: () => {},
          onSignOfLife: () => {},
          onError: () => {},
          onClosing: (closing) => {
            heard.push(['closing', closing]);
            client.socket.destroy();
          },
          onClose: (closed) => {
            heard.push(['gone', closed]);
            resolve();
          },
        };
      }),
    );
    const client = await RawClient.open((server.address() as AddressInfo).port);
    client.answersClose = false;
    client.socket.allowHalfOpen = true;
    client.socket.write(frame(opcode.close, payload));
    await gone;
    assert.deepEqual(heard, [
      ['closing', code],
      ['gone', code],
    ]);
    server.close();
  });
}
