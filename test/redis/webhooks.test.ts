import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { waitUntil } from '../faults/wait-until.js';
import { certificate } from '../server/localhost-certificate.js';
import { managementToken } from '../server/made-tokens.js';
import { WebhookReceiver, type Told } from '../server/webhook-receiver.js';
import { project, ServerProcess } from '../system/server-process.js';
import { join, Member } from './member.js';
import { ClusterGroup } from './redis-group.js';
import { RedisServer, withoutRedis } from './redis-server.js';

const skip = withoutRedis();
const folder = mkdtempSync(pathOf(tmpdir(), 'webhooks-'));
after(() => rmSync(folder, { recursive: true }));
const certificateFile = pathOf(folder, 'certificate.pem');
writeFileSync(certificateFile, certificate);

/** The settings of processes whose webhooks may go to receivers on this computer. */
const webhookSettings = {
  ...project,
  WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
  WEBHOOK_PRIVATE: 'yes',
  NODE_EXTRA_CA_CERTS: certificateFile,
};

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function receive(): Promise<WebhookReceiver> {
  const receiver = new WebhookReceiver(true);
  await receiver.start();
  ending.push(() => receiver.stop());
  return receiver;
}

/** Processes that are one group. They start one after the other, so the first is the one that sends. */
async function serve(
  number: number,
  settings: Record<string, string>,
): Promise<[ServerProcess, ServerProcess, ...ServerProcess[]]> {
  const servers = Array.from(
    { length: number },
    () => new ServerProcess({ ...webhookSettings, ...settings }),
  );
  ending.push(() => Promise.all(servers.map((server) => server.stop('SIGKILL'))));
  for (const server of servers) await server.start();
  return servers as [ServerProcess, ServerProcess];
}

/** Calls a process as a back end does. */
async function ask(server: ServerProcess, method: string, path = '', body?: object) {
  const answer = await fetch(`${server.url}/v2/project/${project.API_KEY}/callback${path}`, {
    method,
    headers: {
      'X-OPENTOK-AUTH': await managementToken({ apiKey: project.API_KEY, apiSecret: project.API_SECRET }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text && JSON.parse(text)) as never };
}

/** Resolves to what a receiver was told when it was so many things. */
async function toldTo(receiver: WebhookReceiver, number: number): Promise<Told[]> {
  await waitUntil(`${number} things are told`, () => receiver.received.length >= number);
  return receiver.until(number);
}

type Described = { id: string; event: string; url: string; pending: number; lastError?: string };
const callbacksOf = async (server: ServerProcess): Promise<Described[]> => (await ask(server, 'GET')).body;

/** What was told of a session: each thing once, in the order of the session's versions. */
function assertOrdered(told: readonly Told[], sessionId: string): void {
  const ofSession = told.filter((each) => each.sessionId === sessionId);
  const versions = ofSession.map(({ epoch, seq }) => epoch * 1_000 + seq);
  assert.deepEqual(
    versions,
    [...versions].sort((a, b) => a - b),
  );
  const events = ofSession.map(({ event, connection }) => `${event} ${connection.id}`);
  assert.deepEqual(events, [...new Set(events)]);
}
const idsOf = (told: readonly Told[], event: string): string[] =>
  told.filter((each) => each.event === event).map(({ connection }) => connection.id);

suite('webhooks of several processes', { skip }, () => {
  const redis = new RedisServer();
  before(() => redis.start());
  after(() => redis.remove());
  afterEach(() => redis.command('FLUSHALL'));

  test('come once each and in order, whichever process has the connection', async () => {
    const receiver = await receive();
    const servers = await serve(2, { REDIS_URL: redis.url, WEBHOOK: receiver.url });
    const sessions = ['one', 'two'];
    const members: Member[] = [];
    const ids: string[] = [];
    for (let round = 0; round < 5; round++) {
      for (const sessionId of sessions) {
        for (const server of servers) {
          const member = new Member();
          members.push(member);
          ids.push((await member.join(server, sessionId)).connection!.connectionId);
        }
      }
    }
    for (const member of members) member.leave();
    const told = await toldTo(receiver, 2 * ids.length);
    for (const sessionId of sessions) assertOrdered(told, sessionId);
    assert.deepEqual(idsOf(told, 'connectionCreated').sort(), [...ids].sort());
    assert.deepEqual(idsOf(told, 'connectionDestroyed').sort(), [...ids].sort());
    await waitUntil('nothing is left to be told', () => !redis.command('--scan').includes('outbox'));
    assert.equal(receiver.received.length, 2 * ids.length);
  });

  test('that wait are sent by another process where the sender is killed', async (context) => {
    const receiver = await receive();
    const [sender, other] = await serve(2, { REDIS_URL: redis.url, WEBHOOK: receiver.url });
    await receiver.stop();
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (const server of [sender, other]) ids.push(await join(server, 'lobby'));
    }
    await waitUntil('the sender failed', async () =>
      (await callbacksOf(sender)).some(({ pending }) => pending === ids.length),
    );
    await waitUntil('the other knows', async () =>
      (await callbacksOf(other)).some(({ pending, lastError }) => pending === ids.length && !!lastError),
    );
    await sender.stop('SIGKILL');
    await receiver.start();
    const began = performance.now();
    const [first] = await toldTo(receiver, 1);
    context.diagnostic(`taken over in ${Math.round(performance.now() - began)} ms`);
    const told = await toldTo(receiver, ids.length + 3);
    assert.equal(first!.connection.id, ids[0]);
    assertOrdered(told, 'lobby');
    assert.deepEqual(idsOf(told, 'connectionCreated'), ids);
    const lost = ids.filter((_, at) => at % 2 === 0);
    assert.deepEqual(idsOf(told, 'connectionDestroyed').sort(), lost.sort());
    assert.ok(told.slice(-3).every(({ reason }) => reason === 'networkDisconnected'));
  });

  test('are sent by another process at once where the sender stops, and by the next one where all did', async () => {
    const receiver = await receive();
    const settings = { REDIS_URL: redis.url, WEBHOOK: receiver.url, DRAIN_TIMEOUT: '0' };
    const [sender, other] = await serve(2, settings);
    const first = await join(other, 'lobby');
    await toldTo(receiver, 1);
    await sender.stop('SIGTERM');
    const second = await join(other, 'lobby');
    assert.deepEqual(idsOf(await toldTo(receiver, 2), 'connectionCreated'), [first, second]);
    await receiver.stop();
    const third = await join(other, 'lobby');
    await waitUntil('it waits', async () => (await callbacksOf(other)).some(({ lastError }) => !!lastError));
    await other.stop('SIGTERM');
    await receiver.start();
    const [next] = await serve(1, settings);
    assert.deepEqual(idsOf(await toldTo(receiver, 3), 'connectionCreated'), [first, second, third]);
    const told = await toldTo(receiver, 6);
    assertOrdered(told, 'lobby');
    assert.deepEqual(idsOf(told, 'connectionDestroyed').sort(), [first, second, third].sort());
    await next.stop();
  });

  test('are not sent a second time by a sender that was stopped and goes on', async () => {
    const receiver = await receive();
    const [sender, other] = await serve(2, { REDIS_URL: redis.url, WEBHOOK: receiver.url });
    receiver.status = 503;
    const ids = [await join(other, 'lobby'), await join(other, 'lobby')];
    await waitUntil('the sender failed', async () =>
      (await callbacksOf(sender)).some(({ lastError }) => !!lastError),
    );
    sender.freeze(true);
    const failed = receiver.received.length;
    receiver.status = 204;
    await toldTo(receiver, failed + 2);
    ids.push(await join(other, 'lobby'));
    await toldTo(receiver, failed + 3);
    sender.freeze(false);
    // By then it has found out that another sends.
    await waitUntil('it hears of the other', async () =>
      (await callbacksOf(sender)).every(({ pending, lastError }) => !pending && !lastError),
    );
    ids.push(await join(sender, 'lobby'));
    const told = (await toldTo(receiver, failed + 4)).slice(failed);
    assertOrdered(told, 'lobby');
    assert.deepEqual(idsOf(told, 'connectionCreated'), ids);
  });

  test('go to URLs that were registered on any of them, and no more when they were unregistered on any', async () => {
    const receiver = await receive();
    const { url } = receiver;
    const [one, other] = await serve(2, { REDIS_URL: redis.url });
    const registered = (await ask(one, 'POST', '', { group: 'connection', event: 'created', url }))
      .body as Described;
    const known = (server: ServerProcess, number: number): Promise<unknown> =>
      waitUntil('all know', async () => (await callbacksOf(server)).length === number);
    await known(other, 1);
    assert.deepEqual(await callbacksOf(other), await callbacksOf(one));
    const again = (await ask(other, 'POST', '', { group: 'connection', event: 'created', url }))
      .body as Described;
    assert.equal(again.id, registered.id);
    const member = new Member();
    const { connectionId } = (await member.join(other, 'lobby')).connection!;
    member.leave();
    const [told] = await toldTo(receiver, 1);
    assert.deepEqual([told!.event, told!.connection.id], ['connectionCreated', connectionId]);
    assert.equal((await ask(other, 'DELETE', `/${registered.id}`)).status, 204);
    assert.deepEqual(await callbacksOf(other), []);
    await known(one, 0);
    assert.equal((await ask(one, 'DELETE', `/${registered.id}`)).status, 404);
    await join(one, 'lobby');
    // What comes to another URL then would have come to this one.
    const next = await receive();
    await ask(one, 'POST', '', { group: 'connection', event: 'created', url: next.url });
    await known(other, 1);
    const last = await join(other, 'lobby');
    assert.deepEqual(idsOf(await toldTo(next, 1), 'connectionCreated'), [last]);
    assert.equal(receiver.received.length, 1);
  });

  test('go on to registered URLs where Redis comes back empty', async () => {
    const receiver = await receive();
    const [one, other] = await serve(2, { REDIS_URL: redis.url });
    await ask(one, 'POST', '', { group: 'connection', event: 'created', url: receiver.url });
    await waitUntil('the other knows', async () => (await callbacksOf(other)).length === 1);
    redis.command('FLUSHALL');
    await waitUntil('the list is back', () => redis.command('--scan').includes('callbacks'));
    const id = await join(other, 'lobby');
    assert.deepEqual(idsOf(await toldTo(receiver, 1), 'connectionCreated'), [id]);
    assert.equal((await callbacksOf(one)).length, 1);
  });

  test('leave nothing in Redis that never expires', async () => {
    const receiver = await receive();
    const settings = { REDIS_URL: redis.url, WEBHOOK: receiver.url };
    const [one, other] = await serve(2, settings);
    await ask(one, 'POST', '', { group: 'connection', event: 'created', url: `${receiver.url}2` });
    await receiver.stop();
    for (const server of [one, other]) await join(server, 'lobby');
    await waitUntil('both wait', async () => (await callbacksOf(one)).every(({ pending }) => pending === 2));
    await Promise.all([one.stop('SIGKILL'), other.stop('SIGKILL')]);
    const keys = redis.command('--scan').split('\n');
    assert.ok(keys.some((key) => key.endsWith(':outbox')));
    assert.deepEqual(
      keys.filter((key) => Number(redis.command('PTTL', key)) < 0),
      [],
    );
  });
});

suite('webhooks of several processes on a cluster', { skip }, () => {
  const cluster = new ClusterGroup();
  before(() => cluster.start());
  after(() => cluster.remove());

  test('come once each and in order', async () => {
    const receiver = await receive();
    const servers = await serve(2, { REDIS_URL: cluster.url, WEBHOOK: receiver.url });
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (const server of servers) {
        for (const sessionId of ['one', 'two', 'three']) ids.push(await join(server, sessionId));
      }
    }
    const told = await toldTo(receiver, ids.length);
    for (const sessionId of ['one', 'two', 'three']) assertOrdered(told, sessionId);
    assert.deepEqual(idsOf(told, 'connectionCreated').sort(), ids.sort());
  });
});
