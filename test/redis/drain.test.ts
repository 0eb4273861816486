import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ReadableStream } from 'node:stream/web';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { waitUntil } from '../faults/wait-until.js';
import { CloseCode, connectPath, fallbackPaths, type JoinedFrame } from '../../src/protocol/index.js';
import { certificate } from '../server/localhost-certificate.js';
import { WebhookReceiver } from '../server/webhook-receiver.js';
import { project, ServerProcess } from '../system/server-process.js';
import { Witness } from '../system/witness.js';
import { Member } from './member.js';
import { RedisServer, withoutRedis } from './redis-server.js';

suite('a process that hands its clients over', { skip: withoutRedis(), timeout: 60_000 }, () => {
  const folder = mkdtempSync(pathOf(tmpdir(), 'drain-'));
  const certificateFile = pathOf(folder, 'certificate.pem');
  writeFileSync(certificateFile, certificate);
  const redis = new RedisServer();
  const receiver = new WebhookReceiver(true);
  let here: ServerProcess;
  let there: ServerProcess;
  before(async () => {
    await Promise.all([redis.start(), receiver.start()]);
    const settings = {
      ...project,
      REDIS_URL: redis.url,
      OPEN_SESSIONS: '*',
      // What ends by itself ends for another reason.
      DRAIN_TIMEOUT: '3600',
      WEBHOOK: receiver.url,
      WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
      WEBHOOK_PRIVATE: 'yes',
      NODE_EXTRA_CA_CERTS: certificateFile,
    };
    [here, there] = [new ServerProcess(settings), new ServerProcess(settings)];
    await there.start();
  });
  after(async () => {
    await there.stop('SIGKILL');
    await Promise.all([redis.remove(), receiver.stop()]);
    rmSync(folder, { recursive: true });
  });

  let session: string;
  let sessions = 0;
  let witness: Witness;
  const members: Member[] = [];
  beforeEach(async () => {
    session = `session ${++sessions}`;
    await here.start();
    // Changes are told to who has a list already, which begins with the first connection of all.
    await enter(there);
    witness = await new Witness().watch(there, session);
  });
  afterEach(async () => {
    witness.close();
    for (const member of members.splice(0)) member.leave();
    await here.stop('SIGKILL');
  });
  const enter = async (server: ServerProcess): Promise<Member> => {
    const member = new Member();
    members.push(member);
    await member.join(server, session);
    return member;
  };
  const connectUrl = (server: ServerProcess): string => `${server.url}/${connectPath}`;
  /** Opens a stream of the fallback. */
  const stream = (server: ServerProcess, key: string, attempt: number): Promise<Response> =>
    fetch(connectUrl(server) + fallbackPaths.stream, {
      method: 'POST',
      body: JSON.stringify({ type: 'join', sessionId: session, key, attempt, detail: 'count' }),
    });
  const count = (server: ServerProcess): string =>
    `${server.url}/v1/sessions/${encodeURIComponent(session)}/count`;

  test('takes nobody any more and goes on with all else, until a second signal', async () => {
    const staying = await enter(here);
    const leaving = await enter(here);
    await witness.until(() => witness.present.size === 3);
    const events = await fetch(count(here), { headers: { Accept: 'text/event-stream' } });
    const eventReader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
    // Its readers come back by themselves, at different times.
    assert.match((await eventReader.read()).value!, /^retry: [1-4]\d{3}$/m);
    const ended = here.stop('SIGTERM');
    const status = async (path: string): Promise<number> => (await fetch(here.url + path)).status;
    await waitUntil('/readyz says no', async () => (await status('/readyz')) === 503);
    assert.equal(await status('/healthz'), 200);

    await waitUntil('all are asked to go', () => staying.drains > 0 && leaving.drains > 0);
    await assert.rejects(new Member().join(here, session), /503/);
    for (const refused of [await fetch(connectUrl(here)), await stream(here, 'new', 1)]) {
      assert.equal(refused.status, 503);
      assert.equal(refused.headers.get('Retry-After'), '1');
      assert.equal(refused.headers.get('Access-Control-Allow-Origin'), '*');
    }

    await enter(there);
    await waitUntil('it tells of who is elsewhere', () => staying.count === 4);
    const left = leaving.connectionId!;
    leaving.leave();
    await witness.until(() => witness.present.size === 3);
    await waitUntil('the number goes on', async () => {
      const answer = (await (await fetch(count(here))).json()) as { count: number };
      return answer.count === 3;
    });
    await waitUntil('a webhook tells of who left', () =>
      receiver.received.some(({ body }) => body.includes('connectionDestroyed') && body.includes(left)),
    );
    // By then its lease would have ended.
    await waitUntil('who stays is asked again', () => staying.drains > 1);
    assert.deepEqual(
      witness.events.flatMap(({ destroyed, reason }) => (destroyed ? [[destroyed, reason]] : [])),
      [[left, 'clientDisconnected']],
    );

    void here.stop('SIGTERM');
    assert.equal(await staying.closed, CloseCode.restart);
    await ended;
  });

  test('gives a client that closes its socket the time to come to another', async () => {
    const moving = await enter(here);
    const closing = await enter(here);
    const { connectionId } = moving;
    const left = closing.connectionId!;
    await witness.until(() => witness.present.size === 3);
    const ended = here.stop('SIGTERM');
    await waitUntil('all are asked to go', () => moving.drains > 0 && closing.drains > 0);
    const old = moving.closed;
    moving.close();
    await old;
    const back = await moving.join(there, session);
    assert.deepEqual([back.connection!.connectionId, back.resumed, back.count], [connectionId, true, 3]);
    closing.close();
    await witness.until(() => witness.present.size === 2);
    assert.deepEqual(
      witness.events.flatMap(({ destroyed, reason }) => (destroyed ? [[destroyed, reason]] : [])),
      [[left, 'clientDisconnected']],
    );
    await ended;
  });

  test('is done when all have gone to others, of which nobody hears', async () => {
    const moving = await enter(here);
    const { connectionId } = moving;
    const first = await stream(here, 'without WebSockets', 1);
    await witness.until(() => witness.present.size === 3);
    const before = witness.events.length;
    const ended = here.stop('SIGTERM');

    const framesOf = (lines: string): JoinedFrame[] =>
      lines.split('\n').flatMap((line) => (line ? [JSON.parse(line) as JoinedFrame] : []));
    const frames = framesOf(await text(first.body as ReadableStream));
    assert.ok(frames.every(({ type }) => ['joined', 'count'].includes(type)));
    assert.equal((await stream(here, 'without WebSockets', 2)).status, 503);
    const next = await stream(there, 'without WebSockets', 3);
    const reader = next.body!.pipeThrough(new TextDecoderStream()).getReader();
    const [again] = framesOf((await reader.read()).value!);
    assert.deepEqual([again!.connection, again!.resumed, again!.count], [frames[0]!.connection, true, 3]);

    const old = moving.closed;
    await waitUntil('it is asked to go', () => moving.drains > 0);
    const { connection, resumed, count } = await moving.join(there, session);
    assert.deepEqual([connection!.connectionId, resumed, count], [connectionId, true, 3]);
    assert.equal(await old, CloseCode.superseded);
    await ended;

    await enter(there);
    await witness.until(() => witness.present.size === 4);
    assert.equal(witness.events.length, before + 1);
    await reader.cancel();
  });
});
