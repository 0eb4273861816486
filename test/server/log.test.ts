import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import WebSocket from 'ws';
import { connectPath, subprotocol } from '../../src/protocol/index.js';
import { createSessionServer, issueClientToken } from '../../src/server/index.js';
import { RefusalLog } from '../../src/server/log/index.js';
import { CollectedLog } from './collected-log.js';
import { managementToken, t1Token } from './made-tokens.js';

const project = { apiKey: '12345', apiSecret: 'a secret for logs' };
const data = 'name=Ada Lovelace';

suite('the log of a server', () => {
  const logged = new CollectedLog();
  const server = createSessionServer({
    apiKey: project.apiKey,
    apiSecrets: [project.apiSecret],
    port: 0,
    trustedProxies: 1,
    log: logged.log,
  });
  let url: string;

  before(async () => {
    url = (await server.listen()).url;
  });
  after(() => server.close());

  /** Sends a text as the first frame, and waits until the socket is closed. */
  const visit = async (frame: string | Buffer): Promise<void> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/${connectPath}`, subprotocol);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    socket.on('message', () => socket.send('{"type":"leave"}'));
    socket.send(frame);
    await closed;
  };
  const join = (fields: object): string =>
    JSON.stringify({ type: 'join', sessionId: 'lobby', key: 'k'.repeat(22), detail: 'count', ...fields });

  const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${url}${path}`, init);

  test('says who came and went, what was asked for and what was refused, with no token and no secret', async () => {
    const token = await issueClientToken({ ...project, sessionId: 'lobby', data });
    const foreign = await issueClientToken({ ...project, apiSecret: 'b'.repeat(40), sessionId: 'lobby' });
    const expiry = Math.ceil(Date.now() / 1000) + 60;
    const t1 = t1Token(`session_id=lobby&expire_time=${expiry}&connection_data=${data}`, project);
    const management = await managementToken(project);
    const cut = token.slice(0, 60);
    const secrets = [token, foreign, t1, management, cut, project.apiSecret];

    for (const good of [token, t1]) await visit(join({ token: good }));
    for (const bad of [foreign, management, `${token}x`, cut, 'nonsense']) await visit(join({ token: bad }));
    for (const secret of secrets) {
      await visit(join({ sessionId: secret }));
      await visit(join({ apiKey: secret }));
      await visit(join({ token: undefined, key: secret }));
      await visit(secret);
      await ask(`/v1/sessions/${encodeURIComponent(secret)}/count?token=${encodeURIComponent(secret)}`);
      await ask('/v1/sessions/lobby/count', { headers: { Authorization: `Bearer ${secret}` } });
      const headers = { 'X-OPENTOK-AUTH': secret };
      await ask(`/v2/project/${project.apiKey}/session/${secret}/connection`, { headers });
      await ask('/session/create', { method: 'POST', headers, body: `token=${secret}` });
    }
    await visit(Buffer.from('binary'));
    await visit('x'.repeat(9000));

    assert.deepEqual(
      logged.detailsOf('Connection joined').map(({ sessionId, resumed }) => ({ sessionId, resumed })),
      [token, t1].map(() => ({ sessionId: 'lobby', resumed: false })),
    );
    const left = logged.detailsOf('Connection left');
    assert.deepEqual(
      left.map(({ reason }) => reason),
      ['clientDisconnected', 'clientDisconnected'],
    );
    const causes = new Set(logged.detailsOf('WebSocket refused').map(({ cause }) => cause));
    assert.ok(causes.has('OT_AUTHENTICATION_ERROR') && causes.has('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'));
    assert.ok(logged.detailsOf('HTTP request').length >= 4 * secrets.length);
    const text = JSON.stringify(logged.lines);
    for (const hidden of [...secrets, encodeURIComponent(t1), encodeURIComponent(project.apiSecret), data]) {
      assert.ok(!text.includes(hidden), `${hidden} is in the log`);
    }
    assert.match(text, /\[token\]/);
  });

  test('holds no text without end', async () => {
    await ask(`/${'a'.repeat(10_000)}`);
    assert.equal((logged.detailsOf('HTTP request').at(-1)!.path as string).length, 1_000);
  });

  test('calls a request what the proxy calls it, where it is a name', async () => {
    const idOf = async (id: string): Promise<string> =>
      (await ask('/healthz', { headers: { 'X-Request-Id': id } })).headers.get('X-Request-Id')!;
    assert.equal(await idOf('proxy-1'), 'proxy-1');
    assert.equal(logged.detailsOf('HTTP request').at(-1)!.requestId, 'proxy-1');
    for (const none of ['two words', 'a"b', 'x'.repeat(129), ''])
      assert.match(await idOf(none), /^[\da-f-]{36}$/);
  });
});

test('without a proxy a client gives no request its name', async (context) => {
  const server = createSessionServer({ apiKey: '1', apiSecrets: ['a secret for logs'], port: 0 });
  context.after(() => server.close());
  const { url } = await server.listen();
  const { headers } = await fetch(`${url}/healthz`, { headers: { 'X-Request-Id': 'mine' } });
  assert.match(headers.get('X-Request-Id')!, /^[\da-f-]{36}$/);
});

test('a flood of refusals is a line for each cause in ten seconds', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const logged = new CollectedLog();
  const refusals = new RefusalLog(logged.log);
  const warnings = (): unknown[] =>
    logged.lines.filter(({ level }) => level === 'warn').map(({ details }) => details);
  for (let refused = 0; refused < 1_000; refused++) refusals.refused({ cause: 'A', reason: `${refused}` });
  refusals.refused({ cause: 'B' });
  context.mock.timers.tick(9_999);
  assert.deepEqual(warnings(), []);
  context.mock.timers.tick(1);
  const sums = [
    { cause: 'A', count: 1_000, seconds: 10, example: '0' },
    { cause: 'B', count: 1, seconds: 10, example: undefined },
  ];
  assert.deepEqual(warnings(), sums);
  context.mock.timers.tick(60_000);
  assert.deepEqual(warnings(), sums, 'quiet is nothing to tell of');

  for (const pause of [5_000, 1_000, 4_000]) {
    refusals.refused({ cause: 'A' });
    context.mock.timers.tick(pause);
  }
  refusals.refused({ cause: 'B' });
  context.mock.timers.tick(9_999);
  sums.push({ cause: 'A', count: 3, seconds: 10, example: undefined });
  assert.deepEqual(warnings(), sums, 'the time starts with the first, and anew with the next one');
  context.mock.timers.tick(1);
  sums.push({ cause: 'B', count: 1, seconds: 10, example: undefined });
  assert.deepEqual(warnings(), sums);
});

test('servers that were given no log add nothing to what the process does at its end, however many there are', async () => {
  const make = (): Promise<void> =>
    createSessionServer({ apiKey: '1', apiSecrets: ['a secret for logs'] }).close();
  await make();
  const before = process.listenerCount('exit');
  await make();
  assert.equal(process.listenerCount('exit'), before);
});
