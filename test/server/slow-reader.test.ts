import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after, suite, test } from 'node:test';
import { CloseCode } from '../../src/protocol/index.js';
import { defaultLimits } from '../../src/server/index.js';
import { LiveSessions } from '../../src/server/live-session/index.js';
import { ClientSocket } from '../../src/server/socket/client-socket.js';
import type { Wire, WireListener } from '../../src/server/socket/wire.js';
import { CollectedLog } from './collected-log.js';

const often = { perSecond: 1000, burst: 1000 };
const never = Infinity;

/** A wire that keeps what is sent over it, and says how much is unread. */
class ScriptedWire extends EventEmitter implements Wire {
  listener: WireListener | undefined;
  readonly OPEN = 1;
  readonly readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closedWith: number | undefined;

  sendText(text: string): void {
    this.sent.push(text);
    this.emit('sent');
  }

  askForLife(): void {}

  handOver(): void {}

  close(code: number): void {
    this.closedWith = code;
  }

  terminate(): void {}
}

suite('a reader who leaves much unread', () => {
  const live = new LiveSessions();
  after(() => live.close());

  const join = async (): Promise<{ wire: ScriptedWire; socket: ClientSocket }> => {
    const wire = new ScriptedWire();
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
    const socket = new ClientSocket(wire, context, {
      address: '192.0.2.1',
      userAgent: undefined,
    });
    const joined = once(wire, 'sent');
    const frame = { type: 'join', sessionId: 'lobby', key: `key ${Math.random()}`, detail: 'count' };
    socket.onMessage(Buffer.from(JSON.stringify(frame)), false);
    await joined;
    return { wire, socket };
  };

  test('is told nothing more until it has read, then the newest number alone', async () => {
    const slow = await join();
    const quick = await join();
    slow.wire.bufferedAmount = 65_537;
    const before = slow.wire.sent.length;
    for (let joins = 0; joins < 3; joins++) {
      const told = once(quick.wire, 'sent');
      await join();
      await told;
    }
    assert.equal(slow.wire.sent.length, before);
    slow.socket.catchUp(performance.now(), never);
    assert.equal(slow.wire.sent.length, before);
    slow.wire.bufferedAmount = 65_536;
    slow.socket.catchUp(performance.now(), never);
    assert.deepEqual(slow.wire.sent.slice(before), quick.wire.sent.slice(-1));
  });

  test('is given up after 30 s, and no earlier', async () => {
    const { wire, socket } = await join();
    wire.bufferedAmount = 65_537;
    assert.equal(socket.blocked, true);
    const now = performance.now();
    socket.catchUp(now + 29_000, never);
    assert.equal(wire.closedWith, undefined);
    socket.catchUp(now + 30_001, never);
    assert.equal(wire.closedWith, CloseCode.tooSlow);
  });
});
