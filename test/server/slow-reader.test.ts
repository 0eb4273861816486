import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { Duplex } from 'node:stream';
import { after, suite, test } from 'node:test';
import { CloseCode } from '../../src/protocol/index.js';
import { defaultLimits } from '../../src/server/index.js';
import { LiveSessions } from '../../src/server/live-session/index.js';
import { ClientSocket } from '../../src/server/socket/client-socket.js';
import type { ServedWebSocket } from '../../src/server/socket/served-web-socket.js';
import { CollectedLog } from './collected-log.js';

const often = { perSecond: 1000, burst: 1000 };
const never = Infinity;

/** The payload of a text frame; RFC 6455, section 5.2. */
const textOf = (bytes: Buffer): string => bytes.subarray(bytes[1] === 126 ? 4 : 2).toString();

/** A WebSocket that keeps what is written to it, and says how much is unread. */
class ScriptedWebSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closedWith: number | undefined;
  readonly connection = new Duplex({
    read() {},
    write: (bytes: Buffer, _encoding, done) => {
      this.sent.push(textOf(bytes));
      this.emit('sent');
      done();
    },
  });

  close(code: number): void {
    this.closedWith = code;
  }
}

suite('a reader who leaves much unread', () => {
  const live = new LiveSessions();
  after(() => live.close());

  const join = async (): Promise<{ webSocket: ScriptedWebSocket; socket: ClientSocket }> => {
    const webSocket = new ScriptedWebSocket();
    const policy = { apiKey: '12345', apiSecrets: ['a secret for slow readers'], openSessions: ['*'] };
    const context = {
      live,
      policy,
      limits: defaultLimits,
      log: new CollectedLog().log,
      frameRate: often,
      onRefusal: () => {},
      onClosed: () => {},
    };
    const socket = new ClientSocket(webSocket as unknown as ServedWebSocket, context, {
      connection: webSocket.connection,
      address: '192.0.2.1',
      userAgent: undefined,
    });
    const joined = once(webSocket, 'sent');
    const frame = { type: 'join', sessionId: 'lobby', key: `key ${Math.random()}`, detail: 'count' };
    socket.onMessage(Buffer.from(JSON.stringify(frame)), false);
    await joined;
    return { webSocket, socket };
  };

  test('is told nothing more until it has read, then the newest number alone', async () => {
    const slow = await join();
    const quick = await join();
    slow.webSocket.bufferedAmount = 65_537;
    const before = slow.webSocket.sent.length;
    for (let joins = 0; joins < 3; joins++) {
      const told = once(quick.webSocket, 'sent');
      await join();
      await told;
    }
    assert.equal(slow.webSocket.sent.length, before);
    slow.socket.catchUp(performance.now(), never);
    assert.equal(slow.webSocket.sent.length, before);
    slow.webSocket.bufferedAmount = 65_536;
    slow.socket.catchUp(performance.now(), never);
    assert.deepEqual(slow.webSocket.sent.slice(before), quick.webSocket.sent.slice(-1));
  });

  test('is given up after 30 s, and no earlier', async () => {
    const { webSocket, socket } = await join();
    webSocket.bufferedAmount = 65_537;
    assert.equal(socket.blocked, true);
    const now = performance.now();
    socket.catchUp(now + 29_000, never);
    assert.equal(webSocket.closedWith, undefined);
    socket.catchUp(now + 30_001, never);
    assert.equal(webSocket.closedWith, CloseCode.tooSlow);
  });
});
