import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { CloseCode, type JoinedFrame } from '../../src/protocol/index.js';
import { MeasuredServer } from './measured-server.js';
import { join, RawClient, refusalOf, type RawOptions, type Refusal } from './raw-client.js';
import { sign } from './tokens.js';

const moderator = (sessionId: string): Promise<string> => sign({ session_id: sessionId, role: 'moderator' });

suite('clients that join as they should not', () => {
  let server: MeasuredServer;

  before(async () => {
    server = await MeasuredServer.start();
  });
  after(() => server.stop());

  const refused = (sent: string, options?: RawOptions): Promise<Refusal> =>
    refusalOf(server.port, sent, options);
  const joined = async (fields: object): Promise<{ client: RawClient; frame: JoinedFrame }> => {
    const client = await RawClient.join(server.port, fields);
    return { client, frame: JSON.parse(client.texts[0]!) as JoinedFrame };
  };
  const countOf = async (sessionId: string): Promise<{ count: number; epoch: number; seq: number }> => {
    const answer = await fetch(`${server.url}/v1/sessions/${encodeURIComponent(sessionId)}/count`);
    return (await answer.json()) as { count: number; epoch: number; seq: number };
  };

  const notFrames: [what: string, text: string][] = [
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['a type that is no text, and can not be made it', '{"type":{"toString":1}}'],
    ['a type from the prototype', '{"type":"constructor"}'],
    ['the type __proto__', '{"type":"__proto__"}'],
    ['fields by way of __proto__', `{"__proto__":${join()}}`],
    ['lists in lists, thousands deep', '['.repeat(4000) + ']'.repeat(4000)],
    ['a type thousands of lists deep', `{"type":${'['.repeat(4000)}${']'.repeat(4000)}}`],
    ['a number beyond all numbers', '{"type":"sync","epoch":1e309,"seq":0}'],
    ['the second type of two', '{"type":"leave","type":"nonsense"}'],
    ['a text that ends within an escape', '{"type":"join\\u00'],
    ['a key of no length', join({ key: '' })],
  ];
  for (const [what, text] of notFrames) {
    test(`H3: ${what} is no frame`, async () => {
      const { code, error } = await refused(text);
      assert.equal(code, CloseCode.protocol);
      assert.equal(error?.code, 2001);
    });
  }

  test('H5: a key counts in its session alone', async () => {
    const first = await joined({ sessionId: 'open one', key: 'mine' });
    const second = await joined({ sessionId: 'open two', key: 'mine' });
    assert.equal(second.frame.resumed, false);
    assert.notEqual(second.frame.connection!.connectionId, first.frame.connection!.connectionId);
    assert.equal((await countOf('open one')).count, 1);
    for (const { client } of [first, second]) client.socket.destroy();
  });

  test('H5: a key resumes nothing without the token that its session demands', async () => {
    const { client } = await joined({ sessionId: 'lobby', key: 'guarded', token: await sign() });
    const { code } = await refused(join({ sessionId: 'lobby', key: 'guarded' }));
    assert.equal(code, CloseCode.unauthorized);
    assert.equal(client.socket.destroyed, false);
    client.socket.destroy();
  });

  test('H5: the key of a connection that was removed is refused, and moves nothing', async () => {
    const removed = await joined({ sessionId: 'open removed', key: 'removed' });
    const { client } = await joined({ sessionId: 'open removed', token: await moderator('open removed') });
    const { connectionId } = removed.frame.connection!;
    client.send(JSON.stringify({ type: 'forceDisconnect', id: 1, connectionId }));
    assert.equal((await removed.client.ended).code, CloseCode.removed);
    while ((await countOf('open removed')).count !== 1);
    const before = await countOf('open removed');
    const again = await refused(join({ sessionId: 'open removed', key: 'removed' }));
    assert.equal(again.code, CloseCode.removed);
    assert.deepEqual(await countOf('open removed'), before);
    client.socket.destroy();
  });

  test('H5: the key of a connection that left is that of a new one', async () => {
    const stays = await joined({ sessionId: 'open left' });
    const { client, frame } = await joined({ sessionId: 'open left', key: 'left' });
    client.send('{"type":"leave"}');
    await client.ended;
    while ((await countOf('open left')).count !== 1);
    const again = await joined({ sessionId: 'open left', key: 'left' });
    assert.equal(again.frame.resumed, false);
    assert.notEqual(again.frame.connection!.connectionId, frame.connection!.connectionId);
    for (const each of [stays, again]) each.client.socket.destroy();
  });

  test('H8: a page of another origin is let in by no name that it gives the server', async () => {
    const origin = 'https://evil.example';
    const foreign = await refused(join({ sessionId: 'open' }), { headers: [`Origin: ${origin}`] });
    assert.equal(foreign.code, CloseCode.unauthorized);
    assert.match(foreign.error!.message, /--allow-origin/);
    // A name that was made to lead here makes the page one of the server's own, which gives it no token.
    const rebound = await refused(join({ sessionId: 'lobby' }), {
      headers: [`Origin: ${origin}`],
      host: 'evil.example',
    });
    assert.equal(rebound.code, CloseCode.unauthorized);
    assert.match(rebound.error!.message, /needs a token/);
  });

  test('H8: headers that are none are refused', async () => {
    for (const line of ['Origin: a\u0000b', 'X: a\rEvil: b', 'X a: b', ': b', `X: ${'x'.repeat(17_000)}`]) {
      const { head } = await (await RawClient.open(server.port, { headers: [line] })).ended;
      assert.match(head, /^HTTP\/1\.1 4\d\d /, JSON.stringify(line));
      assert.doesNotMatch(head, /Evil/);
    }
  });

  for (const [what, id, code] of [
    ['with a line in it', 'open\r\nSet-Cookie: a=b', CloseCode.badSession],
    ['with a zero', 'open\u0000', CloseCode.badSession],
    ['of 256 characters', `open${'x'.repeat(252)}`, CloseCode.badSession],
    ['of 10 KB', `open${'x'.repeat(10_000)}`, CloseCode.tooBig],
  ] as const) {
    test(`H8: a session id ${what} is refused, in a frame and in a path`, async () => {
      assert.equal((await refused(join({ sessionId: id }))).code, code);
      const { status, headers } = await fetch(`${server.url}/v1/sessions/${encodeURIComponent(id)}/count`);
      assert.equal(status, 400);
      assert.equal(headers.get('set-cookie'), null);
    });
  }

  test('H8: session ids of any other form are names and nothing else', async () => {
    const ids = [
      'open',
      'open{0}',
      '{open}',
      'open:m',
      'open*',
      'open/../x',
      'open%2F',
      'öpen🙂',
      'open\ud800',
      '__proto__',
    ];
    const clients = [];
    for (const id of ids) {
      const { client, frame } = await joined({ sessionId: id, token: await sign({ session_id: id }) });
      assert.equal(frame.count, 1, id);
      clients.push(client);
    }
    for (const { socket } of clients) socket.destroy();
  });

  test('H8: a moderator of one session removes nobody from another', async () => {
    const { client, frame } = await joined({ sessionId: 'open yours' });
    const moderating = await joined({ sessionId: 'open mine', token: await moderator('open mine') });
    const { connectionId } = frame.connection!;
    moderating.client.send(JSON.stringify({ type: 'forceDisconnect', id: 1, connectionId }));
    let answer;
    for (let index = 1; answer?.type !== 'error'; index++) {
      answer = JSON.parse(await moderating.client.text(index)) as { type: string; code: number };
    }
    assert.equal(answer.code, 1011);
    assert.equal((await countOf('open yours')).count, 1);
    for (const { socket } of [client, moderating.client]) socket.destroy();
  });

  test('H3 to H8: the server is the one that was started, and answers as before', async () => {
    assert.ok(server.lives);
    const { client, frame } = await joined({ sessionId: 'open last' });
    assert.deepEqual(Object.keys(frame).sort(), [
      'connection',
      'count',
      'epoch',
      'heartbeat',
      'resumed',
      'role',
      'seq',
      'type',
    ]);
    client.socket.destroy();
  });
});
