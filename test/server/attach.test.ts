import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, suite, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import express from 'express';
import { fastify } from 'fastify';
import WebSocket, { WebSocketServer } from 'ws';
import { connectPath, parseServerFrame, subprotocol } from '../../src/protocol/index.js';
import { attach, type AttachedSessionServer, type AttachOptions } from '../../src/server/index.js';
import { codeOf } from '../readme.js';
import { managementToken } from './made-tokens.js';

const project = { apiKey: '12345', apiSecret: 'a secret for two servers' };
const options: AttachOptions = {
  path: '/presence',
  apiKey: project.apiKey,
  apiSecrets: [project.apiSecret],
  openSessions: ['lobby'],
};

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

const listen = async (server: Server): Promise<string> => {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  ending.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const attached = async (
  server: Server,
  different: Partial<AttachOptions> = {},
): Promise<AttachedSessionServer> => {
  const presence = await attach(server, { ...options, ...different });
  ending.push(() => presence.close());
  return presence;
};

const emitOf = (server: Server): unknown => (server as { emit: unknown }).emit;

const open = async (url: string, protocol?: string): Promise<WebSocket> => {
  const socket = new WebSocket(url.replace('http', 'ws'), protocol);
  ending.push(() => socket.terminate());
  await once(socket, 'open');
  return socket;
};

const join = async (base: string): Promise<{ socket: WebSocket; connectionId: string; count: number }> => {
  const socket = await open(`${base}/${connectPath}`, subprotocol);
  socket.send(
    JSON.stringify({ type: 'join', sessionId: 'lobby', key: crypto.randomUUID(), detail: 'count' }),
  );
  const [message] = await once(socket, 'message');
  const frame = parseServerFrame(String(message));
  assert.ok(frame.type === 'joined' && frame.connection, String(message));
  return { socket, connectionId: frame.connection.connectionId, count: frame.count };
};

const statusOf = async (url: string, init?: RequestInit): Promise<number> => (await fetch(url, init)).status;

/** Sends a request as it is written here, and resolves to all that is answered. */
const ask = async (url: string, head: string, body = ''): Promise<string> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const length = body && `\r\nContent-Length: ${body.length}`;
  socket.write(`${head}\r\nHost: localhost${length}\r\n\r\n${body}`);
  return text(socket);
};
const h2c = (line: string): string =>
  `${line} HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA`;

/** Servers with one route of their own, each made by what people make theirs with. */
const hosts: Record<string, () => Promise<Server>> = {
  'node:http': async () =>
    createServer((incoming, response) => {
      if (incoming.url === '/own') response.end('the host');
      else response.writeHead(404).end('the host has nothing');
    }),
  'Express 5': async () => {
    const app = express();
    app.get('/own', (_, response) => void response.send('the host'));
    return createServer(app as RequestListener);
  },
  'Fastify 5': async () => {
    const app = fastify();
    app.get('/own', () => 'the host');
    await app.listen({ port: 0, host: '127.0.0.1' });
    return app.server;
  },
};

for (const [name, host] of Object.entries(hosts)) {
  suite(`attached to a server of ${name}, the session server`, () => {
    test('counts who joins below its path, and answers what is asked there', async () => {
      const server = await host();
      await attached(server);
      const base = `${await listen(server)}/presence`;
      const { socket, connectionId } = await join(base);
      assert.equal((await join(base)).count, 2);
      const number = await (await fetch(`${base}/v1/sessions/lobby/count`)).json();
      assert.equal((number as { count: number }).count, 2);

      const script = await fetch(`${base}/session-connection-count.js`);
      assert.equal(script.status, 200);
      assert.match(await script.text(), /defaultServer\?\?=new URL\("\.",import\.meta\.url\)/);
      assert.equal(await statusOf(`${base}/readyz`), 200);
      assert.equal(await statusOf(base), 200);
      assert.equal(await statusOf(`${base}?a=/b`), 200);
      assert.match(await (await fetch(`${base}/nowhere`)).text(), /There is nothing at \/presence\/nowhere/);

      const closed = once(socket, 'close');
      const removal = await fetch(
        `${base}/v2/project/${project.apiKey}/session/lobby/connection/${encodeURIComponent(connectionId)}`,
        { method: 'DELETE', headers: { 'X-OPENTOK-AUTH': await managementToken(project) } },
      );
      assert.equal(removal.status, 204);
      await closed;
    });

    test('leaves all else to it: routes, what it has not, WebSockets', async () => {
      const server = await host();
      const alone = await listen(server);
      const bodies = (): Promise<string[]> =>
        Promise.all(
          ['/own', '/nowhere', '/presence-of-mind', '/v1/connect', '/healthz'].map(async (path) => {
            const answer = await fetch(alone + path);
            return `${answer.status} ${await answer.text()}`;
          }),
        );
      const before = await bodies();
      assert.equal(before[0], '200 the host');
      // One listens before and one after. Either ends upgrades with another path by 400.
      const chats = [new WebSocketServer({ server, path: '/chat' })];
      await attached(server);
      chats.push(new WebSocketServer({ server, path: '/chat' }));
      assert.deepEqual(await bodies(), before);
      await join(`${alone}/presence`);
      chats.pop()!.close();
      chats[0]!.on('connection', (socket) => socket.send('the chat'));
      const chat = new WebSocket(`${alone.replace('http', 'ws')}/chat`);
      ending.push(() => chat.terminate());
      assert.equal(String((await once(chat, 'message'))[0]), 'the chat');
      const elsewhere = new WebSocket(`${alone.replace('http', 'ws')}/presence/chat`);
      const [, refusal] = (await once(elsewhere, 'unexpected-response')) as [unknown, { statusCode: number }];
      assert.equal(refusal.statusCode, 404);
    });

    test('is gone when it is closed, without a trace', async () => {
      const server = await host();
      const emit = emitOf(server);
      const listeners = (): number[] => server.eventNames().map((event) => server.listenerCount(event));
      const before = listeners();
      const presence = await attached(server);
      const url = await listen(server);
      const { socket } = await join(`${url}/presence`);
      const closed = once(socket, 'close');
      const closing = presence.close();
      assert.equal(presence.close(), closing);
      await closing;
      assert.equal((await closed)[0], 1012);
      assert.equal(emitOf(server), emit);
      assert.deepEqual(listeners().slice(0, before.length), before);
      assert.equal(server.listenerCount('upgrade'), 0);
      assert.equal(await statusOf(`${url}/presence/healthz`), 404);
      assert.equal(await statusOf(`${url}/own`), 200);
    });
  });
}

suite('an upgrade that nobody takes', () => {
  const echo = (): Server =>
    createServer(
      (incoming, response) =>
        void text(incoming).then((body) =>
          response.end(`${incoming.method} ${incoming.url} ${incoming.headers.upgrade} ${body}`),
        ),
    );

  test('is answered without one, body and all, by whom the path belongs to', async () => {
    const server = echo();
    await attached(server);
    const url = await listen(server);
    assert.match(await ask(url, h2c('GET /own')), /^HTTP\/1\.1 200 OK\r\n[^]*GET \/own undefined /);
    assert.match(await ask(url, h2c('POST /own?a=b'), 'a body'), /POST \/own\?a=b undefined a body/);
    assert.match(await ask(url, h2c('GET /presence/healthz')), /^HTTP\/1\.1 200 OK\r\n[^]*ok\n/);
    assert.match(await ask(url, h2c(`GET /presence/${connectPath}`)), /^HTTP\/1\.1 426 /);
  });

  test('goes to the other server where that listens for upgrades', async () => {
    const server = echo();
    await attached(server);
    server.on('upgrade', (_, connection) => connection.end('HTTP/1.1 418 For me\r\n\r\n'));
    const url = await listen(server);
    assert.match(await ask(url, h2c('GET /own')), /^HTTP\/1\.1 418 /);
    assert.match(await ask(url, h2c('GET /presence/healthz')), /^HTTP\/1\.1 200 /);
  });

  test('is answered where two are attached, and each has its own path', async () => {
    const server = echo();
    const first = await attached(server, { path: '/one' });
    await attached(server, { path: '/two/deep' });
    const url = await listen(server);
    for (const path of ['/one', '/two/deep']) assert.equal((await join(url + path)).count, 1);
    assert.match(await ask(url, h2c('GET /own')), /GET \/own /);
    await first.close();
    assert.equal((await join(`${url}/two/deep`)).count, 2);
    assert.match(await (await fetch(`${url}/one/healthz`)).text(), /^GET \/one\/healthz/);
    assert.match(await ask(url, h2c('GET /own')), /GET \/own /);
  });
});

test('a body that waits to be asked for is asked for by whom it belongs to', async () => {
  const server = createServer((_, response) => response.end('the host'));
  let hostAsked = 0;
  server.on('checkContinue', (_, response) => {
    hostAsked++;
    response.writeHead(417).end();
  });
  await attached(server);
  const url = await listen(server);
  const post = async (path: string): Promise<number> => {
    const headers = { Expect: '100-continue', 'X-OPENTOK-AUTH': await managementToken(project) };
    const outgoing = request(url + path, { method: 'POST', headers });
    outgoing.flushHeaders();
    outgoing.on('continue', () => outgoing.end('name=value'));
    const [answer] = (await once(outgoing, 'response')) as [{ statusCode: number; resume: () => void }];
    answer.resume();
    outgoing.end();
    return answer.statusCode;
  };
  assert.equal(await post('/presence/session/create'), 200);
  assert.equal(hostAsked, 0);
  assert.equal(await post('/own'), 417);
});

test('a path that is none, and a Redis that is not there, leave the other server as it was', async () => {
  const server = createServer();
  const emit = emitOf(server);
  for (const path of ['', '/', 'presence', '/presence/', '/a b', '/:id', '/a*', 'http://host/']) {
    await assert.rejects(attach(server, { ...options, path }), (error: Error) => {
      assert.ok(error.message.includes(JSON.stringify(path)) && error.message.includes('/presence'), path);
      return true;
    });
  }
  await assert.rejects(
    attach(server, { ...options, redis: 'redis://127.0.0.1:1' }),
    /The Redis at .*127\.0\.0\.1:1 /,
  );
  assert.equal(emitOf(server), emit);
  assert.deepEqual(server.eventNames(), createServer().eventNames());
});

test('the README shows how', async () => {
  let server: Server | undefined;
  const code = codeOf('Within your own server', 'js').replace(/^import .*$/gm, '');
  await runInNewContext(`(async () => {${code}})()`, {
    express,
    attach,
    createServer: (listener: RequestListener) => (server = createServer(listener)),
    process: {
      env: { PORT: '0', API_KEY: project.apiKey, API_SECRET: project.apiSecret },
      once: (_: string, end: () => unknown) => ending.push(end),
    },
  });
  if (!server!.listening) await once(server!, 'listening');
  const { port } = server!.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const page = await (await fetch(url)).text();
  const [, script] = /src="(.*?)"/.exec(page)!;
  assert.equal(await statusOf(new URL(script!, url).href), 200);
  const { socket } = await join(new URL('.', new URL(script!, url)).href.replace(/\/$/, ''));
  const closed = once(socket, 'close');
  await ending.shift()!();
  await closed;
});
