import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { Video } from '@vonage/video';
import { SignJWT } from 'jose';
import OpenTok from 'opentok';
import WebSocket from 'ws';
import { CloseCode, connectPath, parseServerFrame, subprotocol } from '../../src/protocol/index.js';
import { createSessionServer, issueClientToken, type SessionServer } from '../../src/server/index.js';
import { openTok, vonage, type Sdk } from './sdks.js';

const apiKey = '12345';
const apiSecret = 'a'.repeat(40);
const applicationId = '11111111-2222-4333-8444-555555555555';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

suite('the unchanged server SDKs of OpenTok and Vonage', () => {
  let server: SessionServer;
  let url: string;

  before(async () => {
    const application = { id: applicationId, publicKey };
    server = createSessionServer({
      apiKey,
      apiSecrets: [apiSecret],
      application,
      port: 0,
      webhookSecrets: [`whsec_${Buffer.alloc(32).toString('base64')}`],
    });
    ({ url } = await server.listen());
  });
  after(() => server.close());

  // The types know of named environments only.
  const openTokAt = (key: string, secret: string): OpenTok => new OpenTok(key, secret, url as OpenTok.Env);

  const sdks: Record<string, () => Sdk> = {
    'opentok, JSON Web Tokens': () => openTok(openTokAt(apiKey, apiSecret)),
    'opentok, T1 tokens': () => openTok(openTokAt(apiKey, apiSecret), true),
    'opentok, an application': () => openTok(openTokAt(applicationId, privatePem)),
    '@vonage/video': () => vonage(new Video({ applicationId, privateKey: privatePem }, { videoHost: url })),
  };

  const management = async () => {
    const token = await new SignJWT({ ist: 'project' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(apiKey)
      .setIssuedAt()
      .setExpirationTime('300s')
      .sign(new TextEncoder().encode(apiSecret));
    return { projectId: apiKey, header: { 'X-OPENTOK-AUTH': token } };
  };

  /** Joins as a page does, and resolves to the socket and to what the others see of it. */
  async function join(sessionId: string, token: string) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/${connectPath}`, subprotocol);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'join', sessionId, token, key: 'k'.repeat(22), detail: 'count' }));
    const [message] = await once(socket, 'message');
    const frame = parseServerFrame(String(message));
    assert.ok(frame.type === 'joined' && frame.connection, String(message));
    return { socket, role: frame.role, connection: frame.connection };
  }

  for (const [name, make] of Object.entries(sdks)) {
    test(`${name}: a session, a token that joins it, a removal`, async () => {
      const sdk = make();
      const sessionId = await sdk.createSession();
      assert.notEqual(await sdk.createSession(), sessionId);
      const token = sdk.clientToken(sessionId, { role: 'moderator', data: 'name=Ada Lovelace&x=1' });
      const { socket, role, connection } = await join(sessionId, token);
      assert.equal(role, 'moderator');
      assert.equal(connection.data, 'name=Ada Lovelace&x=1');
      const closed = once(socket, 'close');
      await sdk.forceDisconnect(sessionId, connection.connectionId);
      assert.equal((await closed)[0], CloseCode.removed);
      await assert.rejects(sdk.forceDisconnect(sessionId, connection.connectionId), /not found|404/);
    });
  }

  type Registered = Record<'id' | 'group' | 'event' | 'url', string>;
  /** The calls that the types don't know of. */
  interface OpenTokCallbacks {
    registerCallback(wish: object, callback: (error: Error | null, registered: Registered) => void): void;
    listCallbacks(callback: (error: Error | null, registered: Registered[]) => void): void;
    unregisterCallback(id: string, callback: (error: Error | null) => void): void;
  }

  for (const [name, key, keySecret] of [
    ['a project', apiKey, apiSecret],
    ['an application', applicationId, privatePem],
  ] as const) {
    test(`opentok, ${name}: callbacks are registered, listed and unregistered`, async () => {
      const sdk = openTokAt(key, keySecret) as unknown as OpenTokCallbacks;
      const register = promisify(sdk.registerCallback.bind(sdk));
      const list = promisify(sdk.listCallbacks.bind(sdk));
      const unregister = promisify(sdk.unregisterCallback.bind(sdk));
      const wish = { group: 'connection', event: 'created', url: 'https://8.8.8.8/hook' };
      const registered = await register(wish);
      const listed = await list();
      assert.equal(listed.length, 1);
      const { id, group, event, url: listedUrl } = listed[0]!;
      assert.deepEqual({ id, group, event, url: listedUrl }, { id: registered.id, ...wish });
      await unregister(registered.id);
      assert.deepEqual(await list(), []);
      await assert.rejects(unregister(registered.id), /not found|404/i);
      await assert.rejects(register({ ...wish, url: 'https://10.0.0.1/hook' }), /not public/);
      await assert.rejects(register({ ...wish, group: 'archive' }), /the group /);
    });
  }

  test('what this server has not is answered with 501 and a sentence', async () => {
    const { projectId, header } = await management();
    for (const [method, path] of [
      ['POST', 'archive'],
      ['GET', 'archive?offset=0'],
      ['POST', 'session/lobby/signal'],
      ['POST', 'session/lobby/connection/c/signal'],
      ['POST', 'session/lobby/mute'],
      ['POST', 'dial'],
    ] as const) {
      const answer = await fetch(`${url}/v2/project/${projectId}/${path}`, { method, headers: header });
      assert.equal(answer.status, 501, path);
      assert.match(((await answer.json()) as { message: string }).message, /creates sessions/);
    }
  });

  test('a session that would be archived is not created', async () => {
    const sdk = openTokAt(apiKey, apiSecret);
    const create = promisify(sdk.createSession.bind(sdk, { mediaMode: 'routed', archiveMode: 'always' }));
    await assert.rejects(create(), /keeps no archives/);
  });

  test('a session is created for who has a management token alone', async () => {
    const client = await issueClientToken({ apiKey, apiSecret, sessionId: 'lobby', role: 'moderator' });
    for (const headers of [undefined, { 'X-OPENTOK-AUTH': client }]) {
      const answer = await fetch(`${url}/session/create`, { method: 'POST', headers });
      assert.equal(answer.status, 403);
    }
    const { header } = await management();
    const flood = new URLSearchParams({ location: 'x'.repeat(70_000) });
    const answer = await fetch(`${url}/session/create`, { method: 'POST', headers: header, body: flood });
    assert.equal(answer.status, 413);
  });

  test('a session is created whatever the body is, and however it comes', async () => {
    const { header } = await management();
    const stream = (size: number): ReadableStream => new Blob(['x'.repeat(size)]).stream();
    for (const [body, status, type] of [
      ['', 200, 'multipart/form-data'],
      ['--x', 200, 'multipart/form-data; boundary=x'],
      // Without a length, in chunks.
      [stream(100), 200, 'application/x-www-form-urlencoded'],
      [stream(70_000), 413, 'application/x-www-form-urlencoded'],
    ] as const) {
      const headers = { ...header, 'Content-Type': type };
      const init = { method: 'POST', headers, body, duplex: 'half' };
      const answer = await fetch(`${url}/session/create`, init);
      assert.equal(answer.status, status, type);
    }
  });
});
