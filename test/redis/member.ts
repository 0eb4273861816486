import WebSocket from 'ws';
import { connectPath, parseServerFrame, subprotocol } from '../../src/protocol/index.js';
import type { ServerProcess } from '../system/server-process.js';

let keys = 0;

/** Joins a session as a client that wants the number alone. Resolves to its connection's id when it is counted. */
export async function join(server: ServerProcess, sessionId = 'lobby'): Promise<string> {
  const token = await server.token('subscriber', sessionId);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/${connectPath}`, subprotocol);
  return new Promise((resolve, reject) => {
    // When its server dies it has nothing to say.
    socket.on('error', reject);
    socket.on('open', () =>
      socket.send(
        JSON.stringify({ type: 'join', sessionId, token, key: `member ${++keys}`, detail: 'count' }),
      ),
    );
    socket.on('message', (data: Buffer) => {
      const frame = parseServerFrame(data.toString());
      if (frame.type === 'joined') resolve(frame.connection!.connectionId);
    });
  });
}
