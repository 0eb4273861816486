import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import WebSocket from 'ws';
import { connectPath, parseServerFrame, subprotocol } from '../../src/protocol/index.js';
import { createSessionServer, issueClientToken } from '../../src/server/index.js';

const apiKey = '12345';
const apiSecret = 'a'.repeat(40);

suite('reading a count without the element', () => {
  const server = createSessionServer({
    apiKey,
    apiSecrets: [apiSecret],
    port: 0,
    openSessions: ['open-*', '100%/ü'],
    allowedOrigins: ['https://example.com'],
    trustedProxies: 1,
    limits: { requestsPerSecond: 10, connectionsPerAddress: 3 },
  });
  let url: string;
  let from = 0;

  before(async () => {
    ({ url } = await server.listen());
  });
  after(() => server.close());

  /** A request of an address that made none before. */
  const ask = (
    session: string,
    headers: Record<string, string> = {},
    suffix = '',
    method = 'GET',
  ): Promise<Response> =>
    fetch(`${url}/v1/sessions/${encodeURIComponent(session)}/count${suffix}`, {
      method,
      headers: { 'X-Forwarded-For': `192.0.2.${++from}`, ...headers },
    });

  /** Joins a session as a page does; the returned function leaves it. */
  const join = async (sessionId: string): Promise<() => Promise<void>> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/${connectPath}`, subprotocol, {
      headers: { 'X-Forwarded-For': `198.51.100.${++from}` },
    });
    await once(socket, 'open');
    const token = await issueClientToken({ apiKey, apiSecret, sessionId });
    socket.send(JSON.stringify({ type: 'join', sessionId, token, key: `${from}`, detail: 'count' }));
    const [message] = await once(socket, 'message');
    assert.equal(parseServerFrame(String(message)).type, 'joined');
    return async () => {
      const closed = once(socket, 'close');
      socket.close(1000);
      await closed;
    };
  };

  test('an open session tells everybody, a session where nobody is has 0', async () => {
    const answer = await ask('open-1');
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { sessionId: 'open-1', count: 0, epoch: 0, seq: 0, stale: false });
    await join('open-1');
    await join('open-1');
    const { count, epoch } = (await (await ask('open-1')).json()) as { count: number; epoch: number };
    assert.equal(count, 2);
    assert.ok(epoch > 0);
    assert.equal((await ask('100%/ü')).status, 200);
  });

  test('another session tells who has a token for it, in no other way than as a Bearer', async () => {
    await join('lobby');
    const token = await issueClientToken({ apiKey, apiSecret, sessionId: 'lobby', role: 'observer' });
    const answer = await ask('lobby', { Authorization: `Bearer ${token}` });
    assert.equal(((await answer.json()) as { count: number }).count, 1);
    assert.match(answer.headers.get('cache-control')!, /^private/);
    const refused = await ask('lobby');
    assert.equal(refused.status, 403);
    assert.match(((await refused.json()) as { message: string }).message, /needs a token/);
    assert.equal((await ask('lobby', {}, `?token=${token}`)).status, 403);
    assert.equal((await ask('hall', { Authorization: `Bearer ${token}` })).status, 403);
    assert.equal((await ask('x'.repeat(256))).status, 400);
  });

  test('what a caller has is not sent again', async () => {
    const leave = await join('open-2');
    const answer = await ask('open-2');
    const etag = answer.headers.get('etag')!;
    assert.match(answer.headers.get('cache-control')!, /^public, max-age=\d$/);
    assert.equal((await ask('open-2', { 'If-None-Match': etag })).status, 304);
    await leave();
    await settled('open-2', 0);
    assert.equal((await ask('open-2', { 'If-None-Match': etag })).status, 200);
  });

  /** Reads the events of a stream as they come. */
  async function* events(answer: Response): AsyncGenerator<{ count: number }> {
    let text = '';
    for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += part;
      for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
        const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
        if (data) yield JSON.parse(data) as { count: number };
      }
    }
  }

  /** Waits until a session has a count. */
  async function settled(session: string, count: number): Promise<void> {
    for await (const event of events(await ask(session, { Accept: 'text/event-stream' }))) {
      if (event.count === count) return;
    }
  }

  test('a stream tells the number, and each that follows', async () => {
    const answer = await ask('open-3', { Accept: 'text/event-stream' });
    assert.match(answer.headers.get('content-type')!, /^text\/event-stream/);
    const stream = events(answer);
    const next = async (): Promise<number> => ((await stream.next()).value as { count: number }).count;
    assert.equal(await next(), 0);
    const leave = await join('open-3');
    assert.equal(await next(), 1);
    await leave();
    assert.equal(await next(), 0);
    await stream.return(undefined);
  });

  test('an address may have so many streams, and as many again when they ended', async () => {
    const headers = { Accept: 'text/event-stream', 'X-Forwarded-For': '203.0.113.1' };
    const streams = await Promise.all([1, 2, 3].map(() => ask('open-4', headers)));
    assert.deepEqual(
      streams.map(({ status }) => status),
      [200, 200, 200],
    );
    assert.equal((await ask('open-4', headers)).status, 429);
    await streams[0]!.body!.cancel();
    let again;
    do again = await ask('open-4', headers);
    while (again.status === 429);
    assert.equal(again.status, 200);
    await Promise.all([...streams.slice(1), again].map(({ body }) => body!.cancel()));
  });

  test('a question for the head of a stream holds none open', async () => {
    const headers = { Accept: 'text/event-stream', 'X-Forwarded-For': '203.0.113.3' };
    for (let asked = 0; asked < 4; asked++) {
      assert.equal((await ask('open-4', headers, '', 'HEAD')).status, 200);
    }
    const stream = await ask('open-4', headers);
    assert.equal(stream.status, 200);
    await stream.body!.cancel();
  });

  test('who asks too often is told to wait', async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.2' };
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => (await ask('open-5', headers)).status),
    );
    assert.ok(statuses.includes(429));
    assert.ok(statuses.filter((status) => status === 200).length >= 20);
  });

  test('pages of origins that may connect may read it, with a token too', async () => {
    for (const [origin, allowed] of [
      ['https://example.com', 'https://example.com'],
      ['https://stranger.example', null],
    ] as const) {
      assert.equal(
        (await ask('open-6', { Origin: origin })).headers.get('access-control-allow-origin'),
        allowed,
      );
    }
    const preflight = await fetch(`${url}/v1/sessions/lobby/count`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://example.com', 'Access-Control-Request-Headers': 'authorization' },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'Authorization');
  });

  test('a picture shows it, in words that the address has', async () => {
    await join('open-7');
    const answer = await ask('open-7', {}, '.svg?label=%7Bcount%7D%20%3Chere%3E%20%26%20now&lang=ar-EG');
    assert.match(answer.headers.get('content-type')!, /^image\/svg\+xml/);
    assert.match(answer.headers.get('content-security-policy')!, /default-src 'none'/);
    const text = await answer.text();
    assert.match(text, /<text[^>]*>١ &#60;here&#62; &#38; now<\/text>/);
    assert.equal((await ask('lobby', {}, '.svg')).status, 403);
  });
});
