import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { Session } from '../../src/client/index.js';
import { CloseCode, type JoinFrame, type ServerFrame } from '../../src/protocol/index.js';
import { ScriptedServer } from '../browser/scripted-server.js';

/** The answers to a client's plain requests, for the test to give. */
class PlainServer {
  /** What it answers to the question whether it is there; no network where it is undefined. */
  probe: (() => Response) | undefined = () => new Response(null, { status: 426 });
  readonly requests: { path: string; frame: Record<string, unknown> | undefined }[] = [];
  /** The streams that were asked for. */
  readonly streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  frameStatus = 204;
  readonly #own = globalThis.fetch;

  constructor() {
    globalThis.fetch = ((url: string, init: RequestInit = {}) =>
      this.#answer(new URL(url).pathname.replace('/v1/connect', ''), init)) as typeof fetch;
  }

  /** The frames that were sent by requests of their own. */
  get frames(): (Record<string, unknown> | undefined)[] {
    return this.requests.filter(({ path }) => path === '/frame').map(({ frame }) => frame);
  }

  get joins(): JoinFrame[] {
    return this.requests
      .filter(({ path }) => path === '/stream')
      .map(({ frame }) => frame as unknown as JoinFrame);
  }

  say(frame: ServerFrame | { type: 'close'; code: number }): void {
    this.streams.at(-1)!.enqueue(new TextEncoder().encode(`${JSON.stringify(frame)}\n`));
  }

  joined(count = 1, resumed = false): void {
    const connection = { connectionId: 'me', creationTime: 0, data: '' };
    const version = { epoch: 1, seq: count };
    this.say({
      type: 'joined',
      role: 'publisher',
      resumed,
      ...version,
      count,
      connection,
      heartbeat: 25_000,
    });
  }

  stop(): void {
    globalThis.fetch = this.#own;
  }

  #answer(path: string, { body, signal }: RequestInit): Promise<Response> {
    const frame = body ? (JSON.parse(body as string) as Record<string, unknown>) : undefined;
    this.requests.push({ path, frame });
    if (path === '') return this.probe ? Promise.resolve(this.probe()) : Promise.reject(new TypeError());
    if (path === '/frame') return Promise.resolve(new Response(null, { status: this.frameStatus }));
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.streams.push(controller);
        signal!.addEventListener('abort', () => controller.error(new Error('aborted')));
      },
    });
    return Promise.resolve(new Response(stream));
  }
}

suite('a session whose WebSockets fail', () => {
  let sockets: ScriptedServer;
  let plain: PlainServer;
  let session: Session;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    mock.method(Math, 'random', () => 0.5);
    sockets = new ScriptedServer();
    sockets.answer = (socket) => socket.close(1006);
    plain = new PlainServer();
    session = new Session({ server: 'http://sessions.example', sessionId: 'lobby', token: 'a.b.c' });
  });
  afterEach(() => {
    session.disconnect();
    sockets.stop();
    plain.stop();
    mock.timers.reset();
    mock.restoreAll();
  });

  /** Lets what is under way come to its end, which takes some turns of the event loop. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await setImmediate();
  };
  const pass = async (time: number): Promise<void> => {
    mock.timers.tick(time);
    await settle();
  };
  /** Waits for what is loaded first, which takes as many turns as the loader likes. */
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await setImmediate();
    await settle();
  };
  /** Connects, until two WebSockets have failed and the server was asked what to do. */
  const fail = async (): Promise<void> => {
    session.connect();
    await settle();
    await pass(250);
    assert.equal(sockets.sockets.length, 2);
    assert.equal(plain.requests.length, 0);
    await pass(500);
    await until(() => plain.requests.length > 0);
  };
  const join = async (): Promise<void> => {
    await fail();
    plain.joined();
    await settle();
    assert.equal(session.state, 'connected');
  };

  test('joins by POST after the second, where the server is there', async () => {
    const errors: unknown[] = [];
    session.addEventListener('sessionError', ({ error }) => errors.push(error));
    await join();
    assert.deepEqual(
      plain.requests.map(({ path }) => path),
      ['', '/stream'],
    );
    assert.equal(plain.joins[0]!.token, 'a.b.c');
    plain.say({ type: 'count', epoch: 1, seq: 5, count: 4 });
    await settle();
    assert.equal(session.count, 4);
    assert.equal(sockets.sockets.length, 2);
    assert.equal(errors.length, 1);
  });

  test('goes on trying WebSockets, two at a time, where nobody answers', async () => {
    plain.probe = undefined;
    await fail();
    assert.equal(plain.requests.length, 1);
    await pass(1_000);
    assert.equal(sockets.sockets.length, 3);
    await pass(2_000);
    assert.equal(sockets.sockets.length, 4);
    assert.equal(plain.requests.length, 1);
    await pass(4_000);
    await until(() => plain.requests.length === 2);
    assert.equal(sockets.sockets.length, 4);
  });

  test('waits as long as an overloaded server asks for, and then tries a WebSocket', async () => {
    plain.probe = () => new Response(null, { status: 503, headers: { 'Retry-After': '4' } });
    await fail();
    await pass(5_999);
    assert.equal(sockets.sockets.length, 2);
    assert.match(session.error!.message, /overloaded/);
    await pass(1);
    assert.equal(sockets.sockets.length, 3);
    assert.deepEqual(plain.joins, []);
  });

  for (const status of [200, 403, 502, 503]) {
    test(`tries WebSockets again where the answer is a ${status} that says nothing`, async () => {
      plain.probe = () => new Response('', { status });
      await fail();
      await pass(1_000);
      assert.equal(sockets.sockets.length, 3);
      assert.deepEqual(plain.joins, []);
    });
  }

  test('asks for the next stream when one ends, and tells of nothing', async () => {
    await join();
    const key = plain.joins[0]!.key;
    const told: string[] = [];
    for (const type of ['stateChanged', 'countChanged', 'sessionReconnecting', 'sessionConnected']) {
      session.addEventListener(type, () => told.push(type));
    }
    for (let stream = 2; stream < 5; stream++) {
      plain.streams.at(-1)!.close();
      await settle();
      assert.equal(plain.joins.length, stream);
      assert.equal(plain.joins.at(-1)!.key, key);
      plain.joined(1, true);
      await settle();
    }
    assert.deepEqual(told, []);
    assert.equal(session.state, 'connected');
  });

  test('comes back after a stream that ended without an answer, but not at once', async () => {
    await join();
    plain.streams.at(-1)!.close();
    await settle();
    plain.streams.at(-1)!.close();
    await settle();
    assert.equal(session.state, 'reconnecting');
    assert.equal(plain.joins.length, 2);
    await pass(20_000);
    await until(() => plain.joins.length === 3);
    assert.equal(sockets.sockets.length, 2);
  });

  test('obeys a close as a WebSocket does', async () => {
    await join();
    plain.say({ type: 'close', code: CloseCode.removed });
    await settle();
    assert.equal(session.state, 'disconnected');
    assert.equal(session.reason, 'forceDisconnected');
  });

  test('sends what it has to say by POST, after the stream that answers is there', async () => {
    await join();
    const { sessionId, key } = plain.joins[0]!;
    plain.streams.at(-1)!.close();
    await settle();
    session.forceDisconnect('other').catch(() => {});
    assert.deepEqual(plain.frames, []);
    plain.joined(2, true);
    await settle();
    assert.deepEqual(plain.frames, [
      { type: 'forceDisconnect', id: 1, connectionId: 'other', sessionId, key },
    ]);
    session.disconnect();
    await settle();
    assert.deepEqual(plain.frames.at(-1), { type: 'leave', sessionId, key });
  });

  test('joins again where the server knows nothing of its stream', async () => {
    await join();
    plain.frameStatus = 404;
    session.list();
    await settle();
    assert.equal(session.state, 'reconnecting');
  });

  test('tries a WebSocket after ten minutes, and stays where it is until one joins', async () => {
    await join();
    await pass(600_000);
    assert.equal(sockets.sockets.length, 3);
    assert.equal(session.state, 'connected');
    delete (sockets as Partial<ScriptedServer>).answer;
    await pass(600_000);
    assert.equal(sockets.sockets.length, 4);
    assert.equal(session.count, 3);
    // It is the one that is read.
    sockets.sockets[3]!.receive({ type: 'count', epoch: 1, seq: 9, count: 7 });
    assert.equal(session.count, 7);
    await pass(600_000);
    assert.equal(plain.joins.length, 1);
  });
});
