import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import WebSocket from 'ws';
import { connectPath, subprotocol } from '../../src/protocol/index.js';
import { createSessionServer } from '../../src/server/index.js';
import { sectionOf } from '../readme.js';

suite('metrics', () => {
  const server = createSessionServer({
    apiKey: '12345',
    apiSecrets: ['a secret for metrics'],
    openSessions: ['secret-session'],
    port: 0,
    metricsPort: 0,
  });
  let url: string;
  let metricsUrl: string;

  before(async () => {
    const listening = await server.listen();
    url = listening.url;
    metricsUrl = listening.metricsUrl!;
  });
  after(() => server.close());

  const join = async (sessionId: string, key: string): Promise<WebSocket> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/${connectPath}`, subprotocol);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'join', sessionId, key, detail: 'count' }));
    await once(socket, 'message');
    return socket;
  };

  const read = async (): Promise<string> => (await fetch(metricsUrl)).text();

  test('tell what the server did, and name no session', async () => {
    const socket = await join('secret-session', 'one');
    await join('secret-session', 'one');
    await join('secret-session', 'two');
    await join('closed', 'three');
    const text = await read();
    for (const line of [
      'connections 2',
      'sessions 1',
      'joins_total{resumed="false"} 2',
      'joins_total{resumed="true"} 1',
      'refusals_total{cause="OT_AUTHENTICATION_ERROR"} 1',
    ]) {
      assert.ok(text.includes(`\nsession_connection_count_${line}\n`), `${line} is not in\n${text}`);
    }
    assert.match(text, /flush_seconds_count \d/);
    assert.doesNotMatch(text, /secret-session/);
    socket.terminate();
  });

  test('tell why connections left', async () => {
    const socket = await join('secret-session', 'four');
    const closed = once(socket, 'close');
    socket.send(JSON.stringify({ type: 'leave' }));
    await closed;
    assert.match(await read(), /leaves_total\{reason="clientDisconnected"\} 1\n/);
  });

  test('are all that the dashboard shows and the README names, and all of the own ones are in both', async () => {
    const text = await read();
    const exposed = new Set([...text.matchAll(/^(?:# TYPE )?(\w+)/gm)].map(([, name]) => name!));
    const own = [...text.matchAll(/^# TYPE (session_connection_count_\w+)/gm)].map(([, name]) => name!);
    const nameForm = /\b(?:session_connection_count|process|nodejs)_\w+/g;
    const { panels } = JSON.parse(
      readFileSync(new URL('../../deploy/grafana-dashboard.json', import.meta.url), 'utf8'),
    ) as { panels: { targets: { expr: string }[] }[] };
    const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n');
    const table = sectionOf('For operators').replaceAll('`…_', '`session_connection_count_');
    for (const [place, words] of Object.entries({ dashboard: expressions, README: table })) {
      const named = words.match(nameForm)!;
      for (const name of named) assert.ok(exposed.has(name), `${place}: ${name} is not exposed`);
      for (const name of own) {
        assert.ok(
          named.some((other) => other.startsWith(name)),
          `${place}: ${name} is missing`,
        );
      }
    }
  });

  test('are nowhere else', async () => {
    assert.equal((await fetch(`${url}/metrics`)).status, 404);
    assert.equal((await fetch(metricsUrl.replace('metrics', ''))).status, 404);
  });
});
