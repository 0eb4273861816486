import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { afterEach, suite, test } from 'node:test';
import { Sender, type SenderOptions } from '../../src/server/webhooks/sender.js';
import { WebhookAddresses } from '../../src/server/webhooks/webhook-address.js';
import { certificate, privateKey } from './localhost-certificate.js';

suite('a webhook', () => {
  const open: { close(): void }[] = [];
  const closing: { close(): void }[] = [];
  afterEach(() => {
    for (const sender of closing.splice(0)) sender.close();
    for (const server of open.splice(0)) server.close();
  });

  const listening = async (server: Server | TcpServer): Promise<number> => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => sockets.add(socket));
    open.push({
      close: () => {
        server.close();
        for (const socket of sockets) socket.destroy();
      },
    });
    return (server.address() as AddressInfo).port;
  };
  const receiver = async (listener: RequestListener): Promise<URL> =>
    new URL(`http://127.0.0.1:${await listening(createServer(listener))}/hook?key=1`);
  const senderOf = (options: Partial<SenderOptions> = {}, development = true): Sender => {
    const addresses = new WebhookAddresses({ privateAllowed: false, development });
    const sender = new Sender({ addresses, ...options });
    closing.push(sender);
    return sender;
  };
  const post = (sender: Sender, url: URL, signal = new AbortController().signal): Promise<number> =>
    sender.send({ url, headers: { 'webhook-id': 'msg_1' }, body: '{"é":1}', signal });

  test('is a POST of JSON that says who sends it', async () => {
    const heard: unknown[] = [];
    const url = await receiver((request, response) => {
      const { 'content-type': type, 'user-agent': agent, 'webhook-id': id } = request.headers;
      request.setEncoding('utf8').once('data', (body: string) => {
        heard.push([request.method, request.url, type, id, body], agent);
        response.writeHead(202).end();
      });
    });
    assert.equal(await post(senderOf(), url), 202);
    const [request, agent] = heard;
    assert.deepEqual(request, ['POST', '/hook?key=1', 'application/json', 'msg_1', '{"é":1}']);
    assert.match(String(agent), /^session-connection-count\/\d/);
  });

  test('follows no redirect', async () => {
    const paths: unknown[] = [];
    const url = await receiver((request, response) => {
      paths.push(request.url);
      response.writeHead(307, { Location: '/elsewhere' }).end();
    });
    assert.equal(await post(senderOf(), url), 307);
    assert.deepEqual(paths, ['/hook?key=1']);
  });

  test('takes one connection for many, and another where the receiver closes that', async () => {
    let connections = 0;
    let requests = 0;
    const server = createTcpServer((socket) => {
      connections++;
      socket.on('error', () => {});
      socket.on('data', (data) => {
        if (!data.toString().startsWith('POST')) return;
        requests++;
        // The third comes to a connection that is about to be closed.
        if (requests === 3) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 204 No Content\r\n\r\n');
      });
    });
    const url = new URL(`http://127.0.0.1:${await listening(server)}/`);
    const sender = senderOf();
    for (let number = 0; number < 3; number++) assert.equal(await post(sender, url), 204);
    assert.equal(connections, 2);
    assert.equal(requests, 4);
  });

  test('waits no longer than its time for an answer', async () => {
    const url = await receiver(() => {});
    await assert.rejects(post(senderOf({ timeout: 20 }), url), /no answer within 20 ms/);
  });

  test('reads little of an answer that has no end', async () => {
    let written = 0;
    const url = await receiver((_, response) => {
      response.writeHead(200);
      const more = (): void => {
        written += 16_384;
        if (!response.destroyed) response.write(Buffer.alloc(16_384), () => setImmediate(more));
      };
      more();
    });
    assert.equal(await post(senderOf(), url), 200);
    assert.ok(written < 64 * 1024 * 1024);
  });

  test('has its answer where only the rest of that breaks off', async () => {
    const url = await receiver((_, response) => {
      response.writeHead(200, { 'Content-Length': 10 }).flushHeaders();
      response.write('half', () => response.socket!.resetAndDestroy());
    });
    assert.equal(await post(senderOf(), url), 200);
  });

  test('ends when nobody waits for it any more', async () => {
    const gone = new AbortController();
    const url = await receiver(() => gone.abort());
    await assert.rejects(post(senderOf(), url, gone.signal), { name: 'AbortError' });
  });

  test('fails where nobody listens, or answers in another language', async () => {
    const garbled = createTcpServer((socket) => socket.on('error', () => {}).end('hello\r\n\r\n'));
    await assert.rejects(post(senderOf(), new URL(`http://127.0.0.1:${await listening(garbled)}/`)));
    const port = await listening(createServer());
    open.pop()!.close();
    await assert.rejects(post(senderOf(), new URL(`http://127.0.0.1:${port}/`)), { code: 'ECONNREFUSED' });
  });

  test('goes over TLS to who has a certificate of that name alone', async () => {
    const names: unknown[] = [];
    const server = createTlsServer({ cert: certificate, key: privateKey }, (request, response) => {
      names.push(request.headers.host);
      response.writeHead(204).end();
    });
    const port = await listening(server);
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const addresses = new WebhookAddresses({ privateAllowed: true, development: false, resolve });
    const trusting = senderOf({ addresses, certificateAuthority: certificate });
    assert.equal(await post(trusting, new URL(`https://localhost:${port}/`)), 204);
    await assert.rejects(post(trusting, new URL(`https://example.com:${port}/`)), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await assert.rejects(post(senderOf({ addresses }), new URL(`https://localhost:${port}/`)), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    assert.deepEqual(names, [`localhost:${port}`]);
  });

  test('goes nowhere where the name leads to a forbidden address', async () => {
    let connections = 0;
    const server = createTcpServer(() => connections++);
    const port = await listening(server);
    await assert.rejects(post(senderOf({}, false), new URL(`https://localhost:${port}/`)), {
      name: 'ForbiddenWebhookError',
    });
    assert.equal(connections, 0);
  });
});
