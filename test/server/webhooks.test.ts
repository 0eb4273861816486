import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { Webhook } from 'standardwebhooks';
import WebSocket from 'ws';
import { connectPath, parseServerFrame, subprotocol, type Connection } from '../../src/protocol/index.js';
import {
  createSessionServer,
  issueClientToken,
  type SessionServer,
  type SessionServerOptions,
} from '../../src/server/index.js';
import { MemoryEngine, Roster } from '../../src/server/roster/index.js';
import { Sender, type Send } from '../../src/server/webhooks/sender.js';
import { webhookKey } from '../../src/server/webhooks/signature.js';
import { WebhookAddresses } from '../../src/server/webhooks/webhook-address.js';
import { Webhooks } from '../../src/server/webhooks/webhooks.js';
import { codeOf } from '../readme.js';
import { CollectedLog } from './collected-log.js';
import { ManualClock } from './manual-clock.js';
import { WebhookReceiver } from './webhook-receiver.js';

const apiKey = '12345';
const apiSecret = 'a'.repeat(40);
const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const newSecret = `whsec_${Buffer.alloc(64, 2).toString('base64')}`;

let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = new WebhookReceiver();
  await receiver.start();
});
const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
  await receiver.stop();
});

suite('a server with webhooks', () => {
  const serve = async (options: Partial<SessionServerOptions> = {}) => {
    const server: SessionServer = createSessionServer({
      apiKey,
      apiSecrets: [apiSecret],
      port: 0,
      development: true,
      webhooks: [receiver.url],
      webhookSecrets: [secret],
      ...options,
    });
    ending.push(() => server.close());
    return { server, ...(await server.listen()) };
  };

  let keys = 0;
  const join = async (url: string, sessionId: string, data = '') => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/${connectPath}`, subprotocol);
    await once(socket, 'open');
    const token = await issueClientToken({ apiKey, apiSecret, sessionId, data });
    socket.send(JSON.stringify({ type: 'join', sessionId, token, key: `key ${++keys}`, detail: 'count' }));
    const [message] = await once(socket, 'message');
    const frame = parseServerFrame(String(message));
    assert.ok(frame.type === 'joined' && frame.connection, String(message));
    return { socket, connection: frame.connection, epoch: frame.epoch };
  };

  test('tells of each connection that comes and goes, as OpenTok does, with the count', async () => {
    const { url } = await serve();
    const ada = await join(url, 'lobby', 'name=Ada');
    const bob = await join(url, 'lobby');
    await receiver.until(2);
    ada.socket.send(JSON.stringify({ type: 'leave' }));
    await receiver.until(3);
    bob.socket.close(1000);
    const told = await receiver.until(4);
    const about = (event: string, { connection }: { connection: Connection }, more: object): object => ({
      sessionId: 'lobby',
      projectId: apiKey,
      event,
      connection: { id: connection.connectionId, createdAt: connection.creationTime, data: connection.data },
      epoch: ada.epoch,
      ...more,
    });
    const reason = 'clientDisconnected';
    assert.deepEqual(
      told.map(({ timestamp, ...rest }) => {
        assert.ok(Math.abs(timestamp - Date.now()) < 60_000);
        return rest;
      }),
      [
        about('connectionCreated', ada, { seq: 1, count: 1 }),
        about('connectionCreated', bob, { seq: 2, count: 2 }),
        about('connectionDestroyed', ada, { reason, seq: 3, count: 1 }),
        about('connectionDestroyed', bob, { reason, seq: 4, count: 0 }),
      ],
    );
  });

  test('tells a receiver as in the README, which takes what is signed and nothing else', async () => {
    const lines: string[] = [];
    let listener: RequestListener | undefined;
    runInNewContext(codeOf('Webhooks', 'js').replace(/^import .*$/gm, ''), {
      Webhook,
      createServer: (given: RequestListener) => ({ listen: () => (listener = given) }),
      process: { env: { WEBHOOK_SECRET: secret } },
      console: { log: (line: string) => lines.push(line) },
    });
    const answers: number[] = [];
    const answered = new EventEmitter();
    const example = createServer((request, response) => {
      response.on('finish', () => {
        answers.push(response.statusCode);
        answered.emit('one');
      });
      listener!(request, response);
    });
    example.listen(0, '127.0.0.1');
    await once(example, 'listening');
    ending.push(() => example.close());
    const { port } = example.address() as { port: number };
    const exampleUrl = `http://127.0.0.1:${port}/`;
    const { url } = await serve({ webhooks: [exampleUrl, receiver.url] });
    const { connection } = await join(url, 'lobby');
    const [{ headers, body }] = (await receiver.until(1), receiver.received) as [
      WebhookReceiver['received'][0],
    ];
    // Another one that is signed, too, and two that aren't.
    const forge = (text: string, signature = headers['webhook-signature']) =>
      fetch(exampleUrl, {
        method: 'POST',
        body: text,
        headers: {
          'webhook-id': String(headers['webhook-id']),
          'webhook-timestamp': String(headers['webhook-timestamp']),
          'webhook-signature': String(signature),
        },
      });
    assert.equal((await forge(body)).status, 204);
    assert.equal((await forge(`${body} `)).status, 400);
    assert.equal((await forge(body, 'v1,AAAA')).status, 400);
    while (answers.length < 4) await once(answered, 'one');
    assert.deepEqual(answers.sort(), [204, 204, 400, 400]);
    const line = `connectionCreated: ${connection.connectionId}; lobby has 1 connections`;
    assert.deepEqual(lines, [line, line]);
  });

  test('shows in its metrics how the deliveries go, by host, and no session or URL', async () => {
    const logged = new CollectedLog();
    const { url, metricsUrl } = await serve({ metricsPort: 0, log: logged.log });
    await join(url, 'secret-session');
    await receiver.until(1);
    receiver.status = 500;
    await join(url, 'secret-session');
    await receiver.until(2);
    let text = '';
    const has = (line: string): boolean => text.includes(`\nsession_connection_count_webhook_${line}\n`);
    const { host } = receiver;
    // The answer was sent, but may not have been read.
    while (!has(`attempts_total{host="${host}",outcome="failed"} 1`))
      text = await (await fetch(metricsUrl!)).text();
    for (const line of [
      `attempts_total{host="${host}",outcome="accepted"} 1`,
      `pending{host="${host}"} 1`,
      `lost_total{host="${host}",cause="givenUp"} 0`,
      `lost_total{host="${host}",cause="dropped"} 0`,
    ]) {
      assert.ok(has(line), `${line} is not in\n${text}`);
    }
    assert.match(text, new RegExp(`webhook_oldest_pending_seconds{host="${host}"} 0?\\.?\\d`));
    assert.doesNotMatch(text, /secret/);
    const [trouble] = logged.detailsOf('Webhooks failed');
    const { failed, lastError, pending } = trouble!;
    assert.deepEqual([trouble!.host, failed, lastError, pending], [host, 1, 'the answer was 500', 1]);
    assert.doesNotMatch(JSON.stringify(trouble), /secret/);
  });

  for (const status of [204, 503]) {
    test(`that stops tries once more, and ${status === 204 ? 'loses none' : 'says how many are lost'}`, async () => {
      const logged = new CollectedLog();
      const { url, server } = await serve({ log: logged.log });
      receiver.status = 500;
      await join(url, 'lobby');
      await receiver.until(1);
      while (!logged.detailsOf('Webhooks failed').length)
        await new Promise((resolve) => setImmediate(resolve));
      receiver.status = status;
      await server.close();
      assert.equal(receiver.received.length, 2);
      assert.deepEqual(
        logged.detailsOf('Webhooks were lost: they were pending when the server stopped'),
        status === 204 ? [] : [{ lost: 1 }],
      );
    });
  }
});

suite('webhooks', () => {
  let clock: ManualClock;
  let roster: Roster;
  let webhooks: Webhooks;
  /** How many attempts of this test have ended, and whoever waits for one. */
  let attempts: { ended: number; wake: () => void };
  let recording: number;

  beforeEach(() => {
    clock = new ManualClock();
    const engine = new MemoryEngine();
    roster = new Roster({ engine });
    const sender = new Sender({
      addresses: new WebhookAddresses({ privateAllowed: false, development: true }),
    });
    const own = (attempts = { ended: 0, wake: () => {} });
    recording = 0;
    const send: Send = (request) =>
      sender.send(request).finally(() => {
        own.ended++;
        own.wake();
      });
    webhooks = new Webhooks({
      projectId: apiKey,
      keys: [secret, newSecret].map(webhookKey),
      record: (outbox) => {
        recording++;
        const stop = engine.record(outbox);
        return () => {
          recording--;
          stop();
        };
      },
      send,
      clock,
      random: () => 0,
      onTrouble: () => {},
    });
    ending.push(() => sender.close());
  });

  const untilAttempts = async (number: number): Promise<void> => {
    while (attempts.ended < number) await new Promise<void>((resolve) => (attempts.wake = resolve));
    await new Promise((resolve) => setImmediate(resolve));
  };
  const join = async (sessionId: string): Promise<Connection> => {
    const connection = roster.newConnection('');
    roster.add(sessionId, connection);
    await roster.write(sessionId);
    return connection;
  };
  const both = (url = new URL(receiver.url)): void => {
    webhooks.register('created', url);
    webhooks.register('destroyed', url);
  };

  test('wait for a receiver that went away, and come in order when it is back', async () => {
    both();
    await join('lobby');
    await untilAttempts(1);
    await receiver.stop();
    const second = await join('lobby');
    await untilAttempts(2);
    await join('lobby');
    roster.remove('lobby', second.connectionId, 'networkDisconnected');
    await roster.write('lobby');
    await clock.advance(5_000);
    await untilAttempts(3);
    await receiver.start();
    await clock.advance(9_999);
    assert.equal(receiver.received.length, 1);
    await clock.advance(1);
    const told = await receiver.until(4);
    assert.deepEqual(
      told.map(({ event, seq, count }) => [event, seq, count]),
      [
        ['connectionCreated', 1, 1],
        ['connectionCreated', 2, 2],
        ['connectionCreated', 3, 3],
        ['connectionDestroyed', 4, 2],
      ],
    );
    assert.equal(told[3]!.reason, 'networkDisconnected');
    assert.equal(told[3]!.connection.id, second.connectionId);
  });

  test('are signed for who knows either secret; the id stays the same over attempts, the time does not', async () => {
    both();
    receiver.status = 503;
    await join('lobby');
    await untilAttempts(1);
    receiver.status = 204;
    await clock.advance(5_000);
    await receiver.until(2);
    const [first, second] = receiver.received as [
      WebhookReceiver['received'][0],
      WebhookReceiver['received'][0],
    ];
    for (const { headers, body } of [first, second]) {
      for (const known of [secret, newSecret]) {
        new Webhook(known).verify(body, headers as Record<string, string>);
      }
      assert.throws(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>));
      assert.throws(() =>
        new Webhook(Buffer.alloc(32, 3).toString('base64')).verify(body, headers as Record<string, string>),
      );
      assert.match(String(headers['webhook-signature']), /^v1,[\w+/]+= v1,[\w+/]+=$/);
    }
    assert.equal(second.headers['webhook-id'], first.headers['webhook-id']);
    assert.equal(second.body, first.body);
    assert.equal(Number(second.headers['webhook-timestamp']) - Number(first.headers['webhook-timestamp']), 5);
  });

  test('have ids of their own, without the full stop that parts what is signed', async () => {
    both();
    const { connectionId } = await join('lobby');
    await join('lobby');
    roster.remove('lobby', connectionId, 'clientDisconnected');
    await roster.write('lobby');
    await receiver.until(3);
    const ids = receiver.received.map(({ headers }) => String(headers['webhook-id']));
    assert.equal(new Set(ids).size, 3);
    for (const id of ids) assert.match(id, /^msg_[\w-]{32}$/);
  });

  test('to one URL are not held up by another that fails', async () => {
    const other = new WebhookReceiver();
    await other.start();
    ending.push(() => other.stop());
    other.status = 500;
    both(new URL(other.url));
    both();
    for (let number = 0; number < 3; number++) await join('lobby');
    await receiver.until(3);
    assert.equal((await other.until(1)).length, 1);
  });

  test('come once where a URL is registered for both events, and for one event alone where for one', async () => {
    const other = new WebhookReceiver();
    await other.start();
    ending.push(() => other.stop());
    webhooks.register('destroyed', new URL(other.url));
    both();
    both();
    const { connectionId } = await join('lobby');
    roster.remove('lobby', connectionId, 'forceDisconnected');
    await roster.write('lobby');
    const [told] = await other.until(1);
    assert.equal(told!.event, 'connectionDestroyed');
    assert.deepEqual(
      (await receiver.until(2)).map(({ event }) => event),
      ['connectionCreated', 'connectionDestroyed'],
    );
    await untilAttempts(3);
    assert.equal(attempts.ended, 3);
  });

  test('that wait stay where their URL is registered for the other event too', async () => {
    const url = new URL(receiver.url);
    receiver.status = 500;
    webhooks.register('created', url);
    await join('lobby');
    await untilAttempts(1);
    webhooks.register('destroyed', url);
    assert.equal(webhooks.states[0]!.pending, 1);
    receiver.status = 200;
    await clock.advance(5_000);
    assert.equal((await receiver.until(2)).length, 2);
  });

  test('cost nothing where none is registered', async () => {
    assert.equal(recording, 0);
    both();
    assert.equal(recording, 1);
    for (const callback of webhooks.callbacks) webhooks.unregister(callback);
    assert.equal(recording, 0);
    await join('lobby');
    assert.deepEqual(webhooks.states, []);
  });

  test('that nobody wants any more are not tried again', async () => {
    both();
    receiver.status = 500;
    await join('lobby');
    await untilAttempts(1);
    for (const callback of webhooks.callbacks) webhooks.unregister(callback);
    await clock.advance(3_600_000);
    assert.equal(attempts.ended, 1);
  });
});
