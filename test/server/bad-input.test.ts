import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import WebSocket from 'ws';
import {
  CloseCode,
  connectPath,
  parseServerFrame,
  subprotocol,
  type ErrorFrame,
  type ServerFrame,
} from '../../src/protocol/index.js';
import { createSessionServer, issueClientToken } from '../../src/server/index.js';

const apiKey = '12345';
const apiSecret = 'a secret for bad input';
const now = Math.floor(Date.now() / 1000);

const sign = (claims: JWTPayload): Promise<string> =>
  new SignJWT({ iss: apiKey, iat: now, exp: now + 300, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(apiSecret));
const clientClaims = { scope: 'session.connect', session_id: 'lobby', role: 'subscriber' };

suite('bad input', () => {
  const server = createSessionServer({
    apiKey,
    apiSecrets: [apiSecret],
    port: 0,
    allowedOrigins: ['https://friend.example'],
  });
  let address: string;
  let bystander: WebSocket;
  const heard: ServerFrame[] = [];

  const connect = async (): Promise<WebSocket> => {
    const socket = new WebSocket(address, subprotocol);
    await once(socket, 'open');
    return socket;
  };
  const join = (fields: object): string =>
    JSON.stringify({
      type: 'join',
      sessionId: 'lobby',
      key: `key ${Math.random()}`,
      detail: 'count',
      ...fields,
    });

  /** Sends something and gives what the server said to it, and how it closed. */
  const answerTo = async (
    sent: string | Buffer,
    origin?: string,
  ): Promise<{ error?: ErrorFrame; code: number }> => {
    const socket = new WebSocket(address, subprotocol, { origin });
    let error: ErrorFrame | undefined;
    socket.on('message', (data: Buffer) => {
      const frame = parseServerFrame(data.toString());
      if (frame.type === 'error') error = frame;
    });
    await once(socket, 'open');
    const closed = once(socket, 'close') as Promise<[number]>;
    socket.send(sent);
    const [code] = await closed;
    return { error, code };
  };

  before(async () => {
    address = `${(await server.listen()).url.replace('http', 'ws')}/${connectPath}`;
    bystander = await connect();
    bystander.on('message', (data: Buffer) => heard.push(parseServerFrame(data.toString())));
    bystander.send(join({ token: await issueClientToken({ apiKey, apiSecret, sessionId: 'lobby' }) }));
    await once(bystander, 'message');
  });
  after(async () => {
    bystander.terminate();
    await server.close();
  });

  const cases: [
    what: string,
    sent: () => string | Buffer | Promise<string>,
    code: number,
    error: number | undefined,
    says: RegExp,
  ][] = [
    ['a session id of bad form', () => join({ sessionId: 'a\nb' }), CloseCode.badSession, 1005, /1 to 255/],
    [
      'a session id that is too long',
      () => join({ sessionId: 'x'.repeat(256) }),
      CloseCode.badSession,
      1005,
      /1 to 255/,
    ],
    ['no token', () => join({}), CloseCode.unauthorized, 1004, /--open-sessions/],
    [
      'an expired token',
      async () => join({ token: await sign({ ...clientClaims, exp: now - 100 }) }),
      CloseCode.unauthorized,
      1004,
      /expired/,
    ],
    [
      'a token of another session',
      async () => join({ token: await sign({ ...clientClaims, session_id: 'other' }) }),
      CloseCode.unauthorized,
      1004,
      /"?other"?.*lobby|lobby.*other/,
    ],
    [
      'alg: none',
      () => join({ token: new UnsecuredJWT({ ...clientClaims, iss: apiKey, exp: now + 300 }).encode() }),
      CloseCode.unauthorized,
      1004,
      /HS256|sign/,
    ],
    [
      'a management token',
      async () => join({ token: await sign({ ist: 'project' }) }),
      CloseCode.unauthorized,
      1004,
      /management/,
    ],
    [
      'the API key of another project',
      async () => join({ apiKey: '999', token: await sign(clientClaims) }),
      CloseCode.unauthorized,
      1004,
      /999/,
    ],
    ['garbage', () => 'what?', CloseCode.protocol, 2001, /JSON/],
    ['JSON that is no frame', () => '{"type":"__proto__"}', CloseCode.protocol, 2001, /valid "type"/],
    ['a frame with a field of another type', () => join({ key: 7 }), CloseCode.protocol, 2001, /"key"/],
    ['a key of 256 characters', () => join({ key: 'x'.repeat(256) }), CloseCode.protocol, 2001, /"key"/],
    ['binary', () => Buffer.from('{}'), CloseCode.protocol, 2001, /text/],
    ['a frame before the join', () => '{"type":"leave"}', CloseCode.protocol, 2001, /join first/],
    ['5 MiB in one frame', () => 'x'.repeat(5 * 1024 * 1024), CloseCode.tooBig, undefined, /^undefined$/],
  ];
  for (const [what, sent, code, error, says] of cases) {
    test(`${what} is refused with a message that says what to do`, async () => {
      const answer = await answerTo(await sent());
      assert.equal(answer.code, code);
      assert.equal(answer.error?.code, error);
      assert.match(String(answer.error?.message), says);
      if (answer.error) assert.doesNotMatch(answer.error.message, /eyJ/, 'it holds a token');
    });
  }

  test('a refused origin is told the setting', async () => {
    const { error, code } = await answerTo(join({}), 'https://stranger.example');
    assert.equal(code, CloseCode.unauthorized);
    assert.equal(error?.code, 1004);
    assert.match(error.message, /https:\/\/stranger\.example.*--allow-origin/);
  });

  test('an allowed origin is not refused', async () => {
    const { error } = await answerTo(join({}), 'https://friend.example');
    assert.match(String(error?.message), /--open-sessions/);
  });

  test('a burst of frames is refused as too many', async () => {
    const socket = await connect();
    const closed = once(socket, 'close') as Promise<[number]>;
    socket.send(join({ token: await sign(clientClaims) }));
    for (let index = 0; index < 60; index++) socket.send('{"type":"sync","epoch":0,"seq":0}');
    assert.equal((await closed)[0], CloseCode.tooManyFrames);
  });

  test('a socket joins once', async () => {
    const socket = await connect();
    const closed = once(socket, 'close') as Promise<[number]>;
    for (let times = 0; times < 2; times++) socket.send(join({ token: await sign(clientClaims) }));
    assert.equal((await closed)[0], CloseCode.protocol);
  });

  test('only a moderator removes, and only who is there', async () => {
    const ask = async (role: 'subscriber' | 'moderator', connectionId: string): Promise<ServerFrame> => {
      const socket = await connect();
      socket.send(join({ token: await sign({ ...clientClaims, role }) }));
      await once(socket, 'message');
      socket.send(JSON.stringify({ type: 'forceDisconnect', id: 5, connectionId }));
      for (;;) {
        const [data] = (await once(socket, 'message')) as [Buffer];
        const frame = parseServerFrame(data.toString());
        if (frame.type === 'count') continue;
        socket.terminate();
        return frame;
      }
    };
    const refused = await ask('subscriber', 'anyone');
    assert.ok(refused.type === 'error' && refused.id === 5 && refused.code === 1520, JSON.stringify(refused));
    const unknown = await ask('moderator', 'nobody');
    assert.ok(unknown.type === 'error' && unknown.id === 5 && unknown.code === 1011, JSON.stringify(unknown));
  });

  test('everybody else is served meanwhile', async () => {
    const socket = await connect();
    socket.send(join({ token: await sign(clientClaims) }));
    const [data] = (await once(socket, 'message')) as [Buffer];
    const joined = parseServerFrame(data.toString());
    assert.ok(joined.type === 'joined');
    while (!heard.some((frame) => 'count' in frame && frame.seq === joined.seq))
      await once(bystander, 'message');
    assert.equal(bystander.readyState, WebSocket.OPEN);
    socket.terminate();
  });
});
