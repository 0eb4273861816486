import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, suite, test } from 'node:test';
import WebSocket from 'ws';
import {
  CloseCode,
  connectPath,
  parseServerFrame,
  subprotocol,
  type ServerFrame,
} from '../../src/protocol/index.js';
import { heartbeat } from '../../src/server/live-session/index.js';
import { freePort } from '../redis/redis-server.js';
import { certificate, privateKey } from '../server/localhost-certificate.js';
import { Caddy, withoutCaddy } from './caddy.js';
import { Nginx, withoutNginx } from './nginx.js';
import { project, ServerProcess } from './server-process.js';

interface Place {
  /** Where the session server is, as host and port. */
  readonly upstream: string;
  /** Where no server is, as host and port. */
  readonly dead: readonly string[];
  /** The port to listen on. */
  readonly port: number;
  /** Files. */
  readonly certificate: string;
  readonly privateKey: string;
}

const snippet = (name: string): string =>
  readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8');

/** A text with all of its placeholders replaced, each of which has to be there. */
const filled = (template: string, values: Readonly<Record<string, string>>): string =>
  Object.entries(values).reduce((rest, [placeholder, value]) => {
    assert.ok(rest.includes(placeholder), `${placeholder} is not in\n${template}`);
    return rest.replaceAll(placeholder, value);
  }, template);

type Values = Readonly<Record<string, string>>;

const startNginx = (name: string, { port, certificate, privateKey }: Place, at: Values): Promise<Nginx> => {
  const text = filled(snippet(name), {
    'listen 443': `listen 127.0.0.1:${port}`,
    'count.example.org;': 'localhost;',
    '/etc/letsencrypt/live/count.example.org/fullchain.pem': certificate,
    '/etc/letsencrypt/live/count.example.org/privkey.pem': privateKey,
    ...at,
  });
  const [, beside, server] = /^([^]*)^server \{\n([^]*)^\}$/m.exec(text)!;
  return new Nginx().start(server!, beside);
};

const startCaddy = (name: string, { port, certificate, privateKey }: Place, at: Values): Promise<Caddy> =>
  new Caddy().start(
    filled(snippet(name), {
      'count.example.org {': `https://localhost:${port} {\n\tbind 127.0.0.1\n\ttls ${certificate} ${privateKey}`,
      ...at,
    }),
  );

const kinds = [
  { name: 'nginx', skip: withoutNginx(), file: 'nginx.conf', start: startNginx },
  { name: 'Caddy', skip: withoutCaddy(), file: 'Caddyfile', start: startCaddy },
];
const proxies = kinds.flatMap(({ name, skip, file, start }) => [
  {
    name,
    skip,
    start: (place: Place) => start(file, place, { '127.0.0.1:8787': place.upstream }),
  },
  {
    name: `${name} with two others that are dead`,
    skip,
    start: (place: Place) =>
      start(`cluster/${file}`, place, {
        '127.0.0.1:8787': place.dead[0]!,
        '127.0.0.1:8788': place.upstream,
        '127.0.0.1:8789': place.dead[1]!,
      }),
  },
]);

for (const { name, skip, start } of proxies) {
  suite(`behind ${name}, set up as in deploy/, the session server`, { skip, timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'session-connection-count-'));
    const server = new ServerProcess({
      ...project,
      ALLOW_ORIGIN: '',
      OPEN_SESSIONS: 'lobby',
      TRUST_PROXY: '1',
      MAX_CONNECTIONS_PER_ADDRESS: '1',
    });
    let proxy: Nginx | Caddy | undefined;
    let url: string;
    const ending: (() => unknown)[] = [];

    before(async () => {
      await server.start();
      const port = await freePort();
      url = `https://localhost:${port}`;
      const place = {
        upstream: new URL(server.url).host,
        dead: [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`],
        port,
        certificate: join(folder, 'certificate.pem'),
        privateKey: join(folder, 'key.pem'),
      };
      writeFileSync(place.certificate, certificate);
      writeFileSync(place.privateKey, privateKey);
      proxy = await start(place);
    });
    afterEach(() => {
      for (const end of ending.splice(0)) end();
    });
    after(async () => {
      await proxy?.stop();
      await server.stop();
      rmSync(folder, { recursive: true });
    });

    /** Joins the lobby from an address of this computer, and resolves to the first frame that comes. */
    const joinLobby = async (
      localAddress: string,
      headers: Record<string, string> = {},
    ): Promise<{ socket: WebSocket; frame: ServerFrame }> => {
      const socket = new WebSocket(`${url.replace('https', 'wss')}/${connectPath}`, subprotocol, {
        ca: certificate,
        // A page of this very origin, which needs no leave.
        origin: url,
        family: 4,
        localAddress,
        headers,
      });
      ending.push(() => {
        if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"leave"}');
      });
      const message = once(socket, 'message');
      socket.on('open', () =>
        socket.send(
          JSON.stringify({ type: 'join', sessionId: 'lobby', key: crypto.randomUUID(), detail: 'count' }),
        ),
      );
      return { socket, frame: parseServerFrame(String((await message)[0])) };
    };

    const ask = async (path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> => {
      const outgoing = get(url + path, { ca: certificate, family: 4, headers, agent: false });
      ending.push(() => outgoing.destroy());
      return ((await once(outgoing, 'response')) as [IncomingMessage])[0];
    };

    test('serves the element, and names requests as the proxy does', async () => {
      const script = await ask('/session-connection-count.js', { 'X-Request-Id': 'mine' });
      assert.equal(script.statusCode, 200);
      assert.match(await text(script), /defaultServer/);
      assert.match(String(script.headers['x-request-id']), /^[\da-f-]{32,36}$/);
    });

    test('lets each client in by its own address, whatever it says that it is', async () => {
      for (const address of ['127.0.0.2', '127.0.0.3'])
        assert.equal((await joinLobby(address)).frame.type, 'joined');
      const { frame } = await joinLobby('127.0.0.3', { 'X-Forwarded-For': '192.0.2.1' });
      assert.ok(frame.type === 'error' && /Too many connections from one address/.test(frame.message));
    });

    test('sends each event at once, and sees a client that is gone as leaving', async () => {
      const stream = await ask('/v1/sessions/lobby/count', { Accept: 'text/event-stream' });
      const lines = createInterface(stream)[Symbol.asyncIterator]();
      const shows = async (expected: number): Promise<void> => {
        for (;;) {
          const { value, done } = await lines.next();
          assert.ok(!done, 'the stream ended');
          if (
            String(value).startsWith('data:') &&
            (JSON.parse(value.slice(5)) as { count: number }).count === expected
          )
            return;
        }
      };
      await shows(0);
      const { socket } = await joinLobby('127.0.0.4');
      await shows(1);
      // As the element does when a tab is closed.
      socket.close(CloseCode.pageHidden);
      await shows(0);
    });
  });
}

for (const file of ['nginx.conf', 'cluster/nginx.conf']) {
  test(`by deploy/${file} nginx waits longer than a WebSocket or a stream of events is ever silent`, () => {
    const waits = [...snippet(file).matchAll(/proxy_(?:read|send)_timeout (\d+)s;/g)];
    assert.equal(waits.length, 2);
    for (const [setting, seconds] of waits) assert.ok(Number(seconds) * 1000 > 2 * heartbeat, setting);
  });
}
