import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { inTime } from '../../src/server/roster/redis/link.js';

test('an answer that came while the process was held up came in time', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const asked = once(server, 'connection') as Promise<[Socket]>;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [peer] = await asked;
  t.after(() => {
    for (const each of [socket, peer]) each.destroy();
    server.close();
  });
  const answer = inTime(once(socket, 'data'), 20);
  peer.write('answer');
  for (const end = performance.now() + 50; performance.now() < end;);
  assert.equal(String((await answer)[0]), 'answer');
  await assert.rejects(inTime(once(socket, 'data'), 20), /no answer in 20 ms/);
});
