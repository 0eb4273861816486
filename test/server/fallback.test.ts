import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, suite, test } from 'node:test';
import WebSocket from 'ws';
import {
  CloseCode,
  connectPath,
  fallbackPaths,
  largestClientFrame,
  subprotocol,
  type CloseFrame,
  type ServerFrame,
} from '../../src/protocol/index.js';
import {
  createSessionServer,
  issueClientToken,
  type SessionServer,
  type SessionServerOptions,
} from '../../src/server/index.js';

const project = { apiKey: '12345', apiSecrets: ['a secret for the fallback'] };
type Line = ServerFrame | CloseFrame;

/** One stream of the fallback, as a client reads it. */
class Stream {
  readonly #lines: AsyncGenerator<Line>;
  readonly #abort: AbortController;

  private constructor(answer: Response, abort: AbortController) {
    this.#lines = linesOf(answer);
    this.#abort = abort;
  }

  static async open(url: string, join: object, headers: Record<string, string> = {}): Promise<Stream> {
    const abort = new AbortController();
    const { signal } = abort;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(join), headers, signal });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('Access-Control-Allow-Origin'), '*');
    return new Stream(answer, abort);
  }

  /** Resolves to the next line; undefined at the end of the stream. */
  async next(): Promise<Line | undefined> {
    return ((await this.#lines.next()) as IteratorResult<Line, undefined>).value;
  }

  async nextOf<Type extends Line['type']>(type: Type): Promise<Extract<Line, { type: Type }>> {
    for (;;) {
      const line = await this.next();
      assert.ok(line, `The stream ended before a ${type}`);
      if (line.type === type) return line as Extract<Line, { type: Type }>;
    }
  }

  break(): void {
    this.#abort.abort();
  }
}

async function* linesOf(answer: Response): AsyncGenerator<Line> {
  let unread = '';
  for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (unread + part).split('\n');
    unread = lines.pop()!;
    for (const line of lines) if (line) yield JSON.parse(line) as Line;
  }
}

suite('the fallback', () => {
  const servers: SessionServer[] = [];
  const streams: Stream[] = [];
  const sockets: WebSocket[] = [];
  let url = '';

  const serve = async (options: Partial<SessionServerOptions> = {}): Promise<void> => {
    const server = createSessionServer({ ...project, port: 0, openSessions: ['*'], ...options });
    servers.push(server);
    url = `${(await server.listen()).url}/${connectPath}`;
  };
  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.break();
    for (const socket of sockets.splice(0)) socket.terminate();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  const joinFrame = (key: string, more: object = {}): object => ({
    type: 'join',
    sessionId: 'lobby',
    key,
    detail: 'count',
    ...more,
  });
  const open = async (join: object, headers?: Record<string, string>): Promise<Stream> => {
    const stream = await Stream.open(url + fallbackPaths.stream, join, headers);
    streams.push(stream);
    return stream;
  };
  const post = (frame: object): Promise<Response> =>
    fetch(url + fallbackPaths.frame, { method: 'POST', body: JSON.stringify(frame) });
  const send = async (key: string, frame: object): Promise<void> => {
    const { status } = await post({ ...frame, sessionId: 'lobby', key });
    assert.equal(status, 204);
  };

  /** Somebody who joins over a WebSocket and keeps what the server says. */
  const openSocket = async (
    join: object,
  ): Promise<{ socket: WebSocket; frames: ServerFrame[]; until: (is: () => boolean) => Promise<void> }> => {
    const socket = new WebSocket(url.replace('http', 'ws'), subprotocol);
    sockets.push(socket);
    const frames: ServerFrame[] = [];
    socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as ServerFrame));
    socket.on('open', () => socket.send(JSON.stringify(join)));
    const until = async (is: () => boolean): Promise<void> => {
      while (!is()) await once(socket, 'message');
    };
    await until(() => frames.some(({ type }) => type === 'joined'));
    return { socket, frames, until };
  };
  /**
   * Sees who comes and goes, which takes a token. It is in the count itself: the first of a session that was empty are
   * told as a list, not as a change.
   */
  const witness = async () => {
    const token = await tokenOf('subscriber');
    const seen = await openSocket(joinFrame('witness', { token, detail: 'connections' }));
    await seen.until(() => seen.frames.some(({ type }) => type === 'snapshot'));
    const changes = () => seen.frames.filter((frame) => frame.type === 'change');
    return {
      /** Resolves to how many connections there are with one more, and how many left, when all news is there. */
      withOneMore: async () => {
        const stream = await open(joinFrame('last'));
        const { connectionId } = (await stream.nextOf('joined')).connection!;
        const created = () => changes().flatMap((change) => change.created);
        await seen.until(() => created().some((connection) => connection.connectionId === connectionId));
        return {
          count: changes().at(-1)!.count,
          left: changes().flatMap(({ destroyed }) => destroyed).length,
        };
      },
      /** Resolves when there are so many: who came and went since the last news is seen by nobody. */
      sees: (count: number) =>
        seen.until(() => (seen.frames.at(-1) as Partial<{ count: number }>).count === count),
      /** Resolves to why somebody left, as soon as one did. */
      departure: async () => {
        const left = () => changes().flatMap(({ destroyed }) => destroyed)[0]?.reason;
        await seen.until(() => !!left());
        return left();
      },
    };
  };
  const tokenOf = (role: 'moderator' | 'subscriber'): Promise<string> =>
    issueClientToken({ apiKey: project.apiKey, apiSecret: project.apiSecrets[0]!, sessionId: 'lobby', role });

  test('tells the same as a WebSocket', async () => {
    await serve();
    const stream = await open(joinFrame('first'));
    assert.equal((await stream.nextOf('joined')).count, 1);
    const { socket, frames } = await openSocket(joinFrame('second'));
    assert.equal((await stream.nextOf('count')).count, 2);
    assert.equal(frames[0]?.type === 'joined' && frames[0].count, 2);
    socket.close(CloseCode.normal);
    assert.equal((await stream.nextOf('count')).count, 1);
  });

  test('ends each stream after a while without an end of the connection', async () => {
    await serve({ streamTime: 100 });
    const onlooker = await witness();
    const ids = new Set<string | undefined>();
    for (let time = 0; time < 3; time++) {
      const stream = await open(joinFrame('first'));
      const { connection, resumed } = await stream.nextOf('joined');
      ids.add(connection?.connectionId);
      assert.equal(resumed, time > 0);
      assert.equal(await stream.next(), undefined);
    }
    assert.equal(ids.size, 1);
    assert.deepEqual(await onlooker.withOneMore(), { count: 3, left: 0 });
  });

  test('is resumed over a WebSocket, and a WebSocket over it, without an event', async () => {
    await serve();
    const onlooker = await witness();
    const stream = await open(joinFrame('first'));
    const { connection } = await stream.nextOf('joined');
    const { socket, frames } = await openSocket(joinFrame('first'));
    assert.deepEqual(await stream.nextOf('close'), { type: 'close', code: CloseCode.superseded });
    const [joined] = frames;
    assert.ok(joined?.type === 'joined' && joined.resumed);
    assert.deepEqual(joined.connection, connection);

    const closed = once(socket, 'close');
    const again = await (await open(joinFrame('first'))).nextOf('joined');
    assert.ok(again.resumed);
    assert.deepEqual(again.connection, connection);
    assert.equal((await closed)[0], CloseCode.superseded);
    assert.deepEqual(await onlooker.withOneMore(), { count: 3, left: 0 });
  });

  test('takes a leave at once, over the stream or after its end', async () => {
    await serve({ streamTime: 100 });
    for (const wait of [false, true]) {
      const onlooker = await witness();
      const stream = await open(joinFrame('first'));
      await stream.nextOf('joined');
      await onlooker.sees(2);
      if (wait) assert.equal(await stream.next(), undefined);
      await send('first', { type: 'leave' });
      assert.equal(await onlooker.departure(), 'clientDisconnected');
    }
  });

  test('waits for the next page where one goes away', async () => {
    await serve();
    const onlooker = await witness();
    const stream = await open(joinFrame('first'));
    await stream.nextOf('joined');
    await send('first', { type: 'close', code: CloseCode.pageHidden });
    assert.equal(await stream.next(), undefined);
    assert.ok((await (await open(joinFrame('first'))).nextOf('joined')).resumed);
    assert.deepEqual(await onlooker.withOneMore(), { count: 3, left: 0 });
  });

  test('a page that goes away after its stream is seen as one that left', async () => {
    await serve();
    const onlooker = await witness();
    const stream = await open(joinFrame('first'));
    await stream.nextOf('joined');
    await onlooker.sees(2);
    stream.break();
    await send('first', { type: 'close', code: CloseCode.pageHidden });
    assert.equal(await onlooker.departure(), 'clientDisconnected');
  });

  test('that a late word of the page before does not end the page after', async () => {
    await serve();
    const stream = await open(joinFrame('first'));
    await stream.nextOf('joined');
    const { socket } = await openSocket(joinFrame('first'));
    await stream.nextOf('close');
    await send('first', { type: 'close', code: CloseCode.pageHidden });
    const other = await open(joinFrame('second'));
    assert.equal((await other.nextOf('joined')).count, 2);
    assert.equal(socket.readyState, WebSocket.OPEN);
  });

  test('answers what is asked for by POST on the stream', async () => {
    await serve();
    const stream = await open(joinFrame('first', { token: await tokenOf('subscriber') }));
    const { epoch } = await stream.nextOf('joined');
    await send('first', { type: 'sync', epoch: 0, seq: 0, detail: 'connections' });
    const { connections } = await stream.nextOf('snapshot');
    assert.equal(connections.length, 1);
    await send('first', { type: 'visibility', state: 'visible' });
    assert.equal((await stream.nextOf('count')).epoch, epoch);
    await send('first', { type: 'forceDisconnect', id: 7, connectionId: 'nobody' });
    const { id, code } = await stream.nextOf('error');
    assert.deepEqual([id, code], [7, 1520]);
  });

  test('lets a moderator remove and be removed', async () => {
    await serve();
    const onlooker = await witness();
    const token = await tokenOf('moderator');
    const moderator = await open(joinFrame('first', { token }));
    await moderator.nextOf('joined');
    const visitor = await open(joinFrame('second'));
    const { connectionId } = (await visitor.nextOf('joined')).connection!;
    await onlooker.sees(3);
    await send('first', { type: 'forceDisconnect', id: 1, connectionId });
    assert.deepEqual(await visitor.nextOf('close'), { type: 'close', code: CloseCode.removed });
    assert.equal((await moderator.nextOf('result')).id, 1);
    assert.equal(await onlooker.departure(), 'forceDisconnected');
    const again = await open(joinFrame('second'));
    assert.deepEqual(await again.next(), { type: 'close', code: CloseCode.removed });
  });

  test('sends its clients away for a while when the server stops', async () => {
    await serve();
    const stream = await open(joinFrame('first'));
    await stream.nextOf('joined');
    const closing = servers.pop()!.close();
    assert.deepEqual(await stream.nextOf('close'), { type: 'close', code: CloseCode.restart });
    await closing;
  });

  suite('refuses as a WebSocket does', () => {
    const refusals: { title: string; join: object; headers?: Record<string, string>; code: number }[] = [
      {
        title: 'a token that is none',
        join: joinFrame('k', { token: 'a.b.c' }),
        code: CloseCode.unauthorized,
      },
      { title: 'an API key of another', join: joinFrame('k', { apiKey: 'x' }), code: CloseCode.unauthorized },
      {
        title: 'a page of another origin, which can read why',
        join: joinFrame('k'),
        headers: { Origin: 'https://stranger.example' },
        code: CloseCode.unauthorized,
      },
      {
        title: 'a session id of bad form',
        join: joinFrame('k', { sessionId: '' }),
        code: CloseCode.badSession,
      },
      {
        title: 'a join without a key',
        join: { ...joinFrame('k'), key: undefined },
        code: CloseCode.protocol,
      },
      { title: 'a frame that comes before a join', join: { type: 'leave' }, code: CloseCode.protocol },
    ];
    for (const { title, join, headers, code } of refusals) {
      test(title, async () => {
        await serve();
        const stream = await open(join, headers);
        assert.ok((await stream.nextOf('error')).fatal);
        assert.deepEqual(await stream.nextOf('close'), { type: 'close', code });
        assert.equal(await stream.next(), undefined);
      });
    }

    test('more connections of one address than it may have', async () => {
      await serve({ limits: { connectionsPerAddress: 1 } });
      await (await open(joinFrame('first'))).nextOf('joined');
      const stream = await open(joinFrame('second'));
      assert.match((await stream.nextOf('error')).message, /--max-connections-per-address/);
      assert.equal((await stream.nextOf('close')).code, CloseCode.full);
    });

    test('more connections of a session than it may have, but not one that goes on', async () => {
      await serve({ limits: { connectionsPerSession: 1 }, streamTime: 100 });
      const first = await open(joinFrame('first'));
      await first.nextOf('joined');
      const stream = await open(joinFrame('second'));
      const { message, retryAfter } = await stream.nextOf('error');
      assert.match(message, /--max-connections-per-session/);
      assert.equal(retryAfter, 60);
      assert.equal(await first.next(), undefined);
      assert.ok((await (await open(joinFrame('first'))).nextOf('joined')).resumed);
    });

    test('more frames than a client may send', async () => {
      await serve({ limits: { framesPerSecond: 1 } });
      const stream = await open(joinFrame('first'));
      await stream.nextOf('joined');
      for (let time = 0; time < 2; time++) await send('first', { type: 'visibility', state: 'hidden' });
      assert.equal((await stream.nextOf('error')).retryAfter, 30);
      assert.equal((await stream.nextOf('close')).code, CloseCode.tooManyFrames);
    });

    test('a frame that is none', async () => {
      await serve();
      const stream = await open(joinFrame('first'));
      await stream.nextOf('joined');
      await send('first', { type: 'sync', epoch: 'x' });
      assert.equal((await stream.nextOf('close')).code, CloseCode.protocol);
    });
  });

  test('knows nobody by a wrong key, and says what is wrong with a bad request', async () => {
    await serve();
    const stream = await open(joinFrame('first'));
    await stream.nextOf('joined');
    const wrong = await post({ type: 'sync', epoch: 0, seq: 0, sessionId: 'lobby', key: 'second' });
    assert.equal(wrong.status, 404);
    await send('second', { type: 'leave' });
    for (const bad of [{}, { type: 'leave', sessionId: 'lobby' }, joinFrame('first'), []]) {
      const { status } = await post(bad);
      assert.equal(status, 400, JSON.stringify(bad));
    }
    for (const path of Object.values(fallbackPaths)) {
      const body = 'x'.repeat(largestClientFrame + 1);
      const { status, headers } = await fetch(url + path, { method: 'POST', body });
      assert.equal(status, 413);
      assert.equal(headers.get('Access-Control-Allow-Origin'), '*');
    }
    await send('first', { type: 'visibility', state: 'visible' });
    assert.equal((await stream.nextOf('count')).count, 1);
  });

  suite('asked what to do, the server', () => {
    test('says that WebSockets are what fails', async () => {
      await serve();
      const { status, headers } = await fetch(url);
      assert.equal(status, 426);
      assert.equal(headers.get('Access-Control-Allow-Origin'), '*');
      assert.match(headers.get('Cache-Control')!, /no-store/);
    });

    test('says to come later where it has too much to do, also after the moment of the refusal', async () => {
      await serve({ limits: { handshakesPerSecond: 1000 } });
      assert.equal((await fetch(url)).status, 426);
      await serve({ limits: { handshakesPerSecond: 1 } });
      const first = await open(joinFrame('first'));
      await first.nextOf('joined');
      const refused = await fetch(url + fallbackPaths.stream, {
        method: 'POST',
        body: JSON.stringify(joinFrame('second')),
      });
      const asked = await fetch(url);
      for (const { status, headers } of [refused, asked]) {
        assert.equal(status, 503);
        assert.equal(headers.get('Retry-After'), '5');
        assert.match(headers.get('Access-Control-Expose-Headers')!, /Retry-After/);
      }
      // Who is in stays in.
      assert.ok((await (await open(joinFrame('first'))).nextOf('joined')).resumed);
    });
  });
});
