import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type RequestOptions, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decodeJwt, SignJWT, type JWTPayload } from 'jose';
import type { Connection } from '../../src/protocol/index.js';
import { createRequestListener } from '../../src/server/http/index.js';
import { LiveSessions } from '../../src/server/live-session/index.js';
import type { RosterState } from '../../src/server/roster/index.js';
import type { Intake } from '../../src/server/socket/index.js';
import { issueClientToken } from '../../src/server/tokens/index.js';
import { createWebhooks } from '../../src/server/webhooks/index.js';
import { CollectedLog } from './collected-log.js';

const apiKey = '12345';
const apiSecret = 'a'.repeat(40);
let ready = true;
const logged = new CollectedLog();
const counting = {
  policy: { apiKey, apiSecrets: [apiSecret], openSessions: ['open-*'] },
  allowedOrigins: ['https://example.com'],
  trustedProxies: 0,
  requestRate: { perSecond: 1000, burst: 1000 },
  streamsPerAddress: 10,
  closing: new AbortController().signal,
  log: logged.log,
  isReady: () => ready,
  callbacks: createWebhooks({
    projectId: apiKey,
    urls: [],
    secrets: [],
    privateAllowed: false,
    development: false,
    record: () => () => {},
    onTrouble: () => {},
  }),
  intake: { isOverloaded: () => false } as unknown as Intake,
  live: new LiveSessions(),
  streamTime: 0,
};
const version = '1.2.3';
const script = `customElements.define("session-connection-count",class{});${'/* long */'.repeat(200)}`;

const folder = mkdtempSync(join(tmpdir(), 'http-'));
const browserFolder = join(folder, 'cdn');
const demoFolder = join(folder, 'demo');
mkdirSync(browserFolder);
mkdirSync(join(demoFolder, 'sub'), { recursive: true });
writeFileSync(join(browserFolder, 'session-connection-count.js'), script);
writeFileSync(join(browserFolder, 'session-connection-count.facades.js'), 'facades');
writeFileSync(join(browserFolder, 'session-connection-count.licenses.txt'), 'licences');
writeFileSync(join(browserFolder, 'session-connection-count.js.map'), '{}');
writeFileSync(join(demoFolder, 'index.html'), '<a href="{{server}}">{{api-key}}</a> {{token}} {{other}}');
writeFileSync(join(demoFolder, 'sub', 'index.html'), 'sub');
writeFileSync(join(demoFolder, 'style.css'), 'a{color:{{token}}}');
writeFileSync(join(demoFolder, 'notes.txt'), 'notes');
writeFileSync(join(folder, 'secret.html'), 'secret');
after(() => rmSync(folder, { recursive: true }));

const alice: Connection = { connectionId: 'alice', creationTime: 1_000, data: 'name=alice' };
const oddSession = '100%/a b?ü+';

/** The sessions that the REST calls see: alice in the lobby and in a session of a difficult name. */
class FakeSessions {
  readonly removed: string[] = [];
  async list(sessionId: string): Promise<Connection[]> {
    if (sessionId === 'broken') throw new Error('the roster is broken');
    return ['lobby', oddSession].includes(sessionId) ? [alice] : [];
  }
  async read(sessionId: string): Promise<RosterState & { stale: boolean }> {
    return { epoch: 1, seq: 2, count: (await this.list(sessionId)).length, stale: false };
  }
  watch(): () => void {
    return () => {};
  }
  async forceDisconnect(sessionId: string, connectionId: string): Promise<boolean> {
    const known = (await this.list(sessionId)).some((connection) => connection.connectionId === connectionId);
    if (known) this.removed.push(`${sessionId}/${connectionId}`);
    return known;
  }
}

const sessions = new FakeSessions();
let production: Server;
let development: Server;

const start = async (options: { demoFolder?: string }): Promise<Server> => {
  const listener = createRequestListener({ ...counting, sessions, version, browserFolder, ...options });
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};
before(async () => {
  production = await start({});
  development = await start({ demoFolder });
});
after(() => {
  for (const server of [production, development]) {
    server.close();
    server.closeAllConnections();
  }
});

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
}

/** A request as it is written: no header added, no path tidied up, nothing decompressed. */
const ask = (
  server: Server,
  path: string,
  options: Pick<RequestOptions, 'method' | 'headers'> = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: portOf(server), path, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        resolve({ status: response.statusCode!, headers: response.headers, body, text: body.toString() });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });

const assertError = ({ status, headers, text }: Answer, expected: number, message: RegExp): void => {
  assert.equal(status, expected);
  assert.match(headers['content-type']!, /^application\/json/);
  const { code, message: actual, ...others } = JSON.parse(text);
  assert.equal(code, expected);
  assert.match(actual, message);
  assert.deepEqual(others, expected >= 500 ? { requestId: headers['x-request-id'] } : {});
};

describe('files for browsers', () => {
  const main = '/session-connection-count.js';

  test('the main file comes with one line that tells it its server', async () => {
    const { status, headers, text } = await ask(production, main);
    assert.equal(status, 200);
    assert.ok(text.startsWith(script));
    assert.equal(
      text.slice(script.length).trim(),
      'customElements.get("session-connection-count").defaultServer??=new URL(".",import.meta.url).href;',
    );
    assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(headers['cache-control'], 'public, max-age=300');
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.equal(headers['cross-origin-resource-policy'], 'cross-origin');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers.vary, 'Accept-Encoding');
    assert.match(headers.etag!, /^"[\w-]+"$/);
  });

  test('the file of this version never changes, and other versions are not here', async () => {
    const pinned = await ask(production, '/session-connection-count-1.2.3.js');
    assert.equal(pinned.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(pinned.text, (await ask(production, main)).text);
    assertError(await ask(production, '/session-connection-count-1.2.4.js'), 404, /1\.2\.3/);
  });

  test('what lies beside the main file comes as it was built', async () => {
    const facades = await ask(production, '/session-connection-count.facades.js');
    assert.equal(facades.text, 'facades');
    assert.equal(facades.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(facades.headers['cache-control'], 'public, max-age=300');
    const licences = await ask(production, '/session-connection-count.licenses.txt');
    assert.equal(licences.headers['content-type'], 'text/plain; charset=utf-8');
    assertError(await ask(production, '/session-connection-count.integrity'), 404, /nothing/);
  });

  test('a header leads to the source map of a file that has one', async () => {
    for (const name of ['session-connection-count.js', `session-connection-count-${version}.js`]) {
      const { headers } = await ask(production, `/${name}`);
      assert.equal(headers.sourcemap, 'session-connection-count.js.map');
    }
    const map = await ask(production, '/session-connection-count.js.map', {
      headers: { 'Accept-Encoding': 'br' },
    });
    assert.equal(map.text, '{}');
    assert.equal(map.headers['content-type'], 'application/json');
    assert.equal(map.headers['content-encoding'], undefined);
    const { headers } = await ask(production, '/session-connection-count.facades.js');
    assert.equal(headers.sourcemap, undefined);
  });

  for (const [accepted, encoding] of [
    [undefined, undefined],
    ['identity', undefined],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['GZIP;q=0.5', 'gzip'],
    ['br;q=0, gzip;q=1.0', 'gzip'],
    ['br;q=0.0', undefined],
  ] as const) {
    test(`Accept-Encoding ${accepted} is answered with ${encoding ?? 'the plain file'}`, async () => {
      const headers = accepted === undefined ? {} : { 'Accept-Encoding': accepted };
      const plain = await ask(production, main);
      const answer = await ask(production, main, { headers });
      assert.equal(answer.headers['content-encoding'], encoding);
      assert.equal(answer.headers['content-length'], String(answer.body.length));
      const decode = { br: brotliDecompressSync, gzip: gunzipSync };
      const body = encoding ? decode[encoding](answer.body) : answer.body;
      assert.equal(body.toString(), plain.text);
      assert.equal(answer.headers.etag === plain.headers.etag, encoding === undefined);
    });
  }

  test('what a cache still has is answered with 304', async () => {
    const { headers } = await ask(production, main, { headers: { 'Accept-Encoding': 'br' } });
    for (const etag of [headers.etag!, `W/${headers.etag}`, `"x", ${headers.etag}`, '*']) {
      const answer = await ask(production, main, {
        headers: { 'Accept-Encoding': 'br', 'If-None-Match': etag },
      });
      assert.equal(answer.status, 304, etag);
      assert.equal(answer.body.length, 0);
      for (const name of ['etag', 'vary', 'cache-control', 'access-control-allow-origin']) {
        assert.equal(answer.headers[name], headers[name], name);
      }
    }
    const other = await ask(production, main, {
      headers: { 'Accept-Encoding': 'br', 'If-None-Match': '"x"' },
    });
    assert.equal(other.status, 200);
  });

  test('HEAD has the headers of GET and no body', async () => {
    const get = await ask(production, main);
    const head = await ask(production, main, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
    assert.equal(head.headers.etag, get.headers.etag);
    assert.equal(head.headers['content-length'], String(get.body.length));
  });

  test('without the built files nothing starts', () => {
    const missing = join(folder, 'missing');
    assert.throws(
      () => createRequestListener({ ...counting, sessions, version, browserFolder: missing }),
      (error: Error) => error.message.includes(missing) && error.message.includes('npm run build'),
    );
  });
});

describe('REST calls', () => {
  const now = Math.floor(Date.now() / 1000);
  const sign = (claims: JWTPayload = {}, secret = apiSecret): Promise<string> =>
    new SignJWT({ iss: apiKey, ist: 'project', iat: now, exp: now + 300, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(secret));
  const list = '/v2/project/12345/session/lobby/connection';
  const authorized = async (path: string, method = 'GET', server = production): Promise<Answer> =>
    ask(server, path, { method, headers: { 'X-OPENTOK-AUTH': await sign() } });

  test('the connections of a session are listed', async () => {
    for (const server of [production, development]) {
      const { status, text, headers } = await authorized(list, 'GET', server);
      assert.equal(status, 200);
      assert.equal(headers['access-control-allow-origin'], undefined);
      assert.deepEqual(JSON.parse(text), {
        count: 1,
        projectId: apiKey,
        sessionId: 'lobby',
        items: [{ connectionId: 'alice', createdAt: 1_000, data: 'name=alice' }],
      });
    }
  });

  test('a session where nobody is has an empty list', async () => {
    const { status, text } = await authorized('/v2/project/12345/session/empty/connection');
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { count: 0, projectId: apiKey, sessionId: 'empty', items: [] });
  });

  test('a session id may hold whatever a path has to encode', async () => {
    const path = `/v2/project/12345/session/${encodeURIComponent(oddSession)}/connection`;
    assert.equal(JSON.parse((await authorized(path)).text).sessionId, oddSession);
    assert.equal((await authorized(`${path}/alice`, 'DELETE')).status, 204);
    assert.ok(sessions.removed.includes(`${oddSession}/alice`));
  });

  test('a connection is removed', async () => {
    const { status, body } = await authorized(`${list}/alice`, 'DELETE');
    assert.equal(status, 204);
    assert.equal(body.length, 0);
    assert.ok(sessions.removed.includes('lobby/alice'));
  });

  test('who is not there cannot be removed', async () => {
    assertError(await authorized(`${list}/bob`, 'DELETE'), 404, /no such connection/);
  });

  test('bad ids are told apart from unknown ones', async () => {
    const long = 'x'.repeat(256);
    assertError(await authorized(`/v2/project/12345/session/${long}/connection`), 400, /session id/);
    assertError(await authorized(`/v2/project/12345/session/a%0Ab/connection`), 400, /session id/);
    assertError(await authorized(`${list}/${long}`, 'DELETE'), 400, /connection id/);
  });

  test("another project isn't here", async () => {
    assertError(await authorized('/v2/project/999/session/lobby/connection'), 404, /project/);
    assertError(await authorized('/v2/project/999/session/lobby/connection/alice', 'DELETE'), 404, /project/);
  });

  test('the token may come as a Bearer too', async () => {
    const headers = { Authorization: `Bearer ${await sign()}` };
    assert.equal((await ask(production, list, { headers })).status, 200);
  });

  test('without a valid management token nothing is told and nothing happens', async () => {
    const client = await issueClientToken({ apiKey, apiSecret, sessionId: 'lobby', role: 'moderator' });
    const before = sessions.removed.length;
    const attempts: [Record<string, string>, RegExp][] = [
      [{}, /X-OPENTOK-AUTH/],
      [{ 'X-OPENTOK-AUTH': 'nonsense' }, /JSON Web Token/],
      [{ 'X-OPENTOK-AUTH': client }, /client token/],
      [{ 'X-OPENTOK-AUTH': await sign({}, 'b'.repeat(40)) }, /signature/],
      [{ 'X-OPENTOK-AUTH': await sign({ iat: now - 500, exp: now - 200 }) }, /expired/],
      [{ Authorization: `Bearer ${client}` }, /client token/],
      [{ Authorization: `Basic ${await sign()}` }, /JSON Web Token/],
    ];
    for (const [headers, message] of attempts) {
      for (const path of [`${list}/alice`, `${list}/bob`, '/v2/project/999/session/lobby/connection/alice']) {
        assertError(await ask(production, path, { method: 'DELETE', headers }), 403, message);
      }
      assertError(await ask(production, list, { headers }), 403, message);
    }
    assert.equal(sessions.removed.length, before);
  });

  test('an inner failure is answered without its details', async () => {
    const answer = await authorized('/v2/project/12345/session/broken/connection');
    assertError(answer, 500, /log/);
    assert.doesNotMatch(answer.text, /roster|at /);
    const [failed] = logged.lines.filter(({ level }) => level === 'error');
    assert.match((failed!.details.err as Error).stack!, /the roster is broken[^]*FakeSessions/);
    assert.equal(failed!.details.requestId, answer.headers['x-request-id']);
  });
});

describe('the playground', () => {
  test('production has none', async () => {
    const { status, headers, text } = await ask(production, '/');
    assert.equal(status, 200);
    assert.match(headers['content-type']!, /^text\/plain/);
    assert.match(text, /^session-connection-count 1\.2\.3.*\n$/);
    for (const path of ['/demo/', '/demo/index.html', '/playground/token?session=lobby']) {
      assertError(await ask(production, path), 404, /nothing/);
    }
  });

  test('the address alone leads to the demo', async () => {
    for (const path of ['/', '/demo']) {
      const { status, headers } = await ask(development, path);
      assert.equal(status, 302);
      assert.equal(headers.location, '/demo/');
    }
  });

  test('a page is filled in', async () => {
    const { status, headers, text } = await ask(development, '/demo/');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['access-control-allow-origin'], undefined);
    const [, server, key, token] = /^<a href="(.*)">(.*)<\/a> (\S+) \{\{other\}\}$/.exec(text)!;
    assert.equal(server, `http://127.0.0.1:${portOf(development)}/`);
    assert.equal(key, apiKey);
    const claims = decodeJwt(token!);
    assert.equal(claims.session_id, 'lobby');
    assert.equal(claims.role, 'moderator');
  });

  test('the server is named as the browser named it', async () => {
    const { text } = await ask(development, '/demo/', { headers: { Host: 'localhost:1234' } });
    assert.match(text, /href="http:\/\/localhost:1234\/"/);
  });

  test('other files come as they are, of known types alone', async () => {
    const style = await ask(development, '/demo/style.css');
    assert.equal(style.headers['content-type'], 'text/css; charset=utf-8');
    assert.equal(style.text, 'a{color:{{token}}}');
    assert.equal((await ask(development, '/demo/sub/')).text, 'sub');
    for (const path of ['/demo/notes.txt', '/demo/missing.html', '/demo/sub']) {
      assertError(await ask(development, path), 404, /nothing/);
    }
  });

  test('the address of WebSockets says what it is', async () => {
    const { status, headers } = await ask(development, '/v1/connect');
    assert.equal(status, 426);
    assert.equal(headers.upgrade, 'websocket');
  });

  test('the icon that browsers ask for leaves no error on the console', async () => {
    assert.equal((await ask(development, '/favicon.ico')).status, 204);
  });

  for (const path of [
    '/demo/../secret.html',
    '/demo/%2e%2e/secret.html',
    '/demo/..%2fsecret.html',
    '/demo/sub/..%2f..%2fsecret.html',
    '/demo/%2e%2e%2fsecret.html',
    '/demo/..%5csecret.html',
    `/demo/${encodeURIComponent(join(folder, 'secret.html'))}`,
    '/demo/index.html%00.html',
  ]) {
    test(`${path} does not lead out of the folder`, async () => {
      const { status, text } = await ask(development, path);
      assert.ok([400, 404].includes(status), String(status));
      assert.doesNotMatch(text, /^secret/);
    });
  }

  const tokenPath = '/playground/token?session=room%201&role=observer&data=a%26b';

  for (const method of ['GET', 'POST']) {
    test(`${method} gives its own pages tokens`, async () => {
      for (const headers of [{}, { Origin: `http://127.0.0.1:${portOf(development)}` }]) {
        const answer = await ask(development, tokenPath, { method, headers });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['cache-control'], 'no-store');
        assert.equal(answer.headers['access-control-allow-origin'], undefined);
        const { session_id, role, connection_data } = decodeJwt(JSON.parse(answer.text).token);
        assert.deepEqual([session_id, role, connection_data], ['room 1', 'observer', 'a&b']);
      }
    });
  }

  test('pages of other origins get no token', async () => {
    for (const Origin of ['https://evil.example', 'null', `http://localhost:${portOf(development)}`]) {
      assertError(
        await ask(development, tokenPath, { method: 'POST', headers: { Origin } }),
        403,
        /playground/,
      );
    }
  });

  test('a name that was made to lead here gets neither token nor page', async () => {
    for (const Host of ['evil.example', `evil.example:${portOf(development)}`, '127.0.0.1.evil.example']) {
      for (const path of [tokenPath, '/demo/', '/']) {
        const answer = await ask(development, path, { headers: { Host } });
        assertError(answer, 403, /evil\.example/);
      }
    }
  });

  test('a bad wish is answered with what was wrong with it', async () => {
    assertError(await ask(development, '/playground/token'), 400, /session id/);
    assertError(await ask(development, '/playground/token?session=a&role=owner'), 400, /"owner"/);
  });
});

describe('requests that are no good', () => {
  test('an unknown address is answered with 404', async () => {
    for (const server of [production, development]) {
      assertError(await ask(server, '/nowhere'), 404, /\/nowhere/);
      assertError(await ask(server, '/session-connection-count.js', { method: 'POST' }), 404, /nothing/);
    }
  });

  test('a malformed percent encoding is answered with 400', async () => {
    for (const server of [production, development]) {
      for (const path of ['/%', '/demo/%zz', '/%ff', '/v2/project/12345/session/%E0%A4%A/connection']) {
        assertError(await ask(server, path), 400, /percent encoding/);
      }
    }
  });

  for (const lines of [
    'GET //evil.example/ HTTP/1.1\r\nHost: localhost',
    'GET http://[/ HTTP/1.1\r\nHost: localhost',
    'GET / HTTP/1.1\r\nHost: a b@c',
    'GET / HTTP/1.1',
    'GET / HTTP/1.0',
    'GET * HTTP/1.1\r\nHost: localhost',
    'OPTIONS * HTTP/1.1\r\nHost: localhost',
    'nonsense',
  ]) {
    test(`${JSON.stringify(lines)} is answered and does no harm`, async () => {
      for (const server of [production, development]) {
        const answer = await new Promise<string>((resolve, reject) => {
          const socket = connect(portOf(server), '127.0.0.1');
          let text = '';
          socket.on('data', (chunk) => (text += chunk));
          socket.on('close', () => resolve(text));
          socket.on('error', reject);
          socket.write(`${lines}\r\nConnection: close\r\n\r\n`);
        });
        assert.match(answer, /^HTTP\/1\.1 [234]\d\d /);
        assert.doesNotMatch(answer, /\.[jt]s:\d/);
        assert.equal((await ask(server, '/session-connection-count.js')).status, 200);
      }
    });
  }
});

describe('for who watches over the server', () => {
  test('it says that it lives, and whether it takes connections', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const { status, headers } = await ask(production, path);
      assert.equal(status, 200);
      assert.equal(headers['cache-control'], 'no-store');
    }
    ready = false;
    try {
      assertError(await ask(production, '/readyz'), 503, /about to stop/);
      assert.equal((await ask(production, '/healthz')).status, 200);
    } finally {
      ready = true;
    }
  });
});
