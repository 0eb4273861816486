import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  createSessionServer,
  type SessionServer,
  type SessionServerOptions,
} from '../../src/server/index.js';
import { mostCallbacks } from '../../src/server/webhooks/index.js';
import { managementToken } from './made-tokens.js';

const apiKey = '12345';
const apiSecret = 'a'.repeat(40);
const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
// An address, so that no name has to be looked up.
const url = 'https://8.8.8.8/hook';

const servers: SessionServer[] = [];
after(() => Promise.all(servers.map((server) => server.close())));

/** Starts a server, and resolves to what asks it. */
async function serve(options: Partial<SessionServerOptions> = {}) {
  const server = createSessionServer({ apiKey, apiSecrets: [apiSecret], port: 0, ...options });
  servers.push(server);
  const { url: base } = await server.listen();
  const headers = { 'X-OPENTOK-AUTH': await managementToken({ apiKey, apiSecret }) };
  return async (method: string, path = '', body?: unknown) => {
    const answer = await fetch(`${base}/v2/project/${apiKey}/callback${path}`, {
      method,
      headers,
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text && JSON.parse(text) };
  };
}

suite('callbacks', () => {
  let ask: Awaited<ReturnType<typeof serve>>;
  before(async () => {
    ask = await serve({ webhookSecrets: [secret] });
  });

  test('are registered, listed and unregistered', async () => {
    assert.deepEqual(await ask('GET'), { status: 200, body: [] });
    const created = await ask('POST', '', { group: 'connection', event: 'created', url });
    const destroyed = await ask('POST', '', { group: 'connection', event: 'destroyed', url });
    assert.equal(created.status, 200);
    const { id, createdAt, ...rest } = created.body;
    assert.equal(typeof id, 'string');
    assert.ok(Math.abs(createdAt - Date.now()) < 60_000);
    assert.deepEqual(rest, { group: 'connection', event: 'created', url, pending: 0 });
    assert.notEqual(destroyed.body.id, id);
    assert.deepEqual((await ask('GET')).body, [created.body, destroyed.body]);
    assert.deepEqual(await ask('DELETE', `/${id}`), { status: 204, body: '' });
    assert.equal((await ask('DELETE', `/${id}`)).status, 404);
    assert.deepEqual((await ask('GET')).body, [destroyed.body]);
    await ask('DELETE', `/${destroyed.body.id}`);
  });

  test('are there once, however often they are registered', async () => {
    const wish = { group: 'connection', event: 'created', url };
    const first = await ask('POST', '', wish);
    assert.deepEqual(await ask('POST', '', { ...wish, url: `${url}#part` }), first);
    assert.deepEqual((await ask('GET')).body, [first.body]);
    await ask('DELETE', `/${first.body.id}`);
  });

  const bad: [string, unknown, RegExp][] = [
    ['without a body', undefined, /group "connection"/],
    ['that is no JSON', '{', /is JSON/],
    ['that is JSON of something else', 'null', /is JSON/],
    ['of another group', { group: 'archive', event: 'created', url }, /group "connection"/],
    ['for another event', { group: 'connection', event: 'started', url }, /"created" or "destroyed"/],
    ['without a url', { group: 'connection', event: 'created' }, /a url/],
    ['with a url that is no text', { group: 'connection', event: 'created', url: 7 }, /a url/],
    ['with a url that is none', { group: 'connection', event: 'created', url: 'hook' }, /needs a URL/],
    ['without TLS', { group: 'connection', event: 'created', url: 'http://8.8.8.8/' }, /https:\/\/$/],
    ['with a password', { group: 'connection', event: 'created', url: 'https://a:b@8.8.8.8/' }, /password/],
    ['to a private address', { group: 'connection', event: 'created', url: 'https://10.1/' }, /not public/],
    [
      'to a name of this computer',
      { group: 'connection', event: 'created', url: 'https://localhost/' },
      /not public/,
    ],
  ];
  for (const [what, body, message] of bad) {
    test(`${what} are refused with a sentence`, async () => {
      const answer = await ask('POST', '', body);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.code, 400);
      assert.match(answer.body.message, message);
      assert.deepEqual((await ask('GET')).body, []);
    });
  }

  test('of more than 64 KiB are refused', async () => {
    assert.equal((await ask('POST', '', { url: 'x'.repeat(64 * 1024) })).status, 413);
  });

  test('are so many and no more', async () => {
    for (let number = 0; number < mostCallbacks; number++) {
      const wish = { group: 'connection', event: 'created', url: `${url}?${number}` };
      assert.equal((await ask('POST', '', wish)).status, 200);
    }
    const answer = await ask('POST', '', { group: 'connection', event: 'created', url });
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, /50 callbacks/);
    for (const { id } of (await ask('GET')).body) await ask('DELETE', `/${id}`);
  });

  test('of the settings are listed, and stay', async () => {
    const withSettings = await serve({ webhooks: [url], webhookSecrets: [secret] });
    const { body } = await withSettings('GET');
    assert.deepEqual(
      (body as { event: string; url: string }[]).map((callback) => [callback.event, callback.url]),
      [
        ['created', url],
        ['destroyed', url],
      ],
    );
    const answer = await withSettings('DELETE', `/${body[0].id}`);
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, /--webhook \(WEBHOOK\)/);
    assert.equal((await withSettings('GET')).body.length, 2);
  });

  test('need a server that can sign', async () => {
    const answer = await (await serve())('POST', '', { group: 'connection', event: 'created', url });
    assert.equal(answer.status, 501);
    assert.match(answer.body.message, /--webhook-secret \(WEBHOOK_SECRET\)/);
  });
});

test('a server does not start with webhooks that it could not send', () => {
  const create = (options: Partial<SessionServerOptions>) => () =>
    createSessionServer({ apiKey, apiSecrets: [apiSecret], ...options });
  assert.throws(create({ webhooks: [url] }), /need a secret/);
  assert.throws(create({ webhooks: ['http://8.8.8.8/'], webhookSecrets: [secret] }), /https:\/\//);
  assert.throws(create({ webhooks: ['https://10.0.0.1/'], webhookSecrets: [secret] }), /not public/);
  assert.throws(create({ webhooks: [url], webhookSecrets: ['whsec_c2hvcnQ='] }), /5 bytes is too short/);
});
