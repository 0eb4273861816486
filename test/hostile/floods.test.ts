import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { CloseCode } from '../../src/protocol/index.js';
import { HonestClients } from './honest-clients.js';
import { MeasuredServer, type Holding } from './measured-server.js';
import { frame, join, opcode, RawClient, type Ending } from './raw-client.js';
import { now, sign } from './tokens.js';

const megabyte = 2 ** 20;
const addressLimit = 300;
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

suite('clients that send too much, come too often, or read nothing', () => {
  let server: MeasuredServer;
  let honest: HonestClients;
  let atFirst: Holding;

  before(async () => {
    server = await MeasuredServer.start({ limits: { connectionsPerAddress: addressLimit } });
    honest = await HonestClients.start(server.url);
    await honest.measure();
    atFirst = await server.holding();
  });
  after(async () => {
    honest.stop();
    await server.stop();
  });

  const floods: [what: string, frame: Buffer][] = [
    ['questions for the count', frame(opcode.text, '{"type":"sync","epoch":0,"seq":0}')],
    ['words on its visibility', frame(opcode.text, '{"type":"visibility","state":"visible"}')],
    ['pings', frame(opcode.ping, 'x'.repeat(125))],
    ['pongs that nobody asked for', frame(opcode.pong)],
  ];
  /** Sends ten thousand frames as fast as they go. */
  const flood = async (what: Buffer): Promise<Ending> => {
    const client = await RawClient.join(server.port, {});
    client.socket.write(Buffer.concat(range(10_000).map(() => what)));
    return client.ended;
  };
  for (const [what, sent] of floods) {
    test(`H7: ten thousand ${what} in a second are too many`, async () => {
      const { code, texts } = await flood(sent);
      assert.equal(code, CloseCode.tooManyFrames);
      assert.match(texts.at(-1)!, /"retryAfter":30/);
    });
  }

  test('H7: whoever sends what it should is served as before meanwhile', async () => {
    await honest.assertServed(() => Promise.all(floods.map(([, sent]) => flood(sent))));
  });

  test('H9: of many connections of one address so many are let in, and others have room', async () => {
    const from = '127.0.0.2';
    const attempts = await Promise.all(
      range(4 * addressLimit).map(async () => {
        const client = await RawClient.open(server.port, { from });
        client.send(join({ sessionId: 'open crowd' }));
        return client;
      }),
    );
    await honest.measure();
    const answered = await Promise.all(
      attempts.map((client) => Promise.race([client.text(0).catch(() => ''), client.ended.then(() => '')])),
    );
    assert.equal(answered.filter((text) => text.includes('"joined"')).length, addressLimit);
    const refused = attempts.filter((_, index) => !answered[index]!.includes('"joined"'));
    const state = await (await fetch(`${server.url}/v1/sessions/open%20crowd/count`)).json();
    assert.equal((state as { count: number }).count, addressLimit);
    for (const { ended } of refused) {
      const { head, code } = await ended;
      assert.ok(code === CloseCode.full || /^HTTP\/1\.1 503 .*\r\nRetry-After: /s.test(head), head);
    }
    for (const { socket } of attempts) socket.write(frame(opcode.text, '{"type":"leave"}'));
    for (const { ended } of attempts) await ended;
  });

  test('H9: whoever comes from elsewhere joins as before while one address comes and goes', async () => {
    await honest.assertServed(async () => {
      const visits = range(50).map(async () => {
        const client = await RawClient.open(server.port, { from: '127.0.0.3' });
        client.send(join());
        client.send('{"type":"leave"}');
        return client.ended;
      });
      await Promise.all(visits);
    });
  });

  test('H10: who asks for long lists and reads none of them holds no more than one', async () => {
    const sessionId = 'open lists';
    const token = await sign({ session_id: sessionId, exp: now + 3600, connection_data: 'x'.repeat(1024) });
    const members = await Promise.all(
      range(250).map(() => RawClient.join(server.port, { sessionId, token })),
    );
    const readers = await Promise.all(
      range(11).map(() =>
        RawClient.join(server.port, { sessionId, token, observe: true, detail: 'connections' }),
      ),
    );
    const pacemaker = readers.pop()!;
    for (const { socket } of readers) socket.pause();
    const before = await server.holding();
    const ask = JSON.stringify({ type: 'sync', epoch: 0, seq: 0, detail: 'connections' });
    const lists = (): number => pacemaker.texts.filter((text) => text.includes('"page":0')).length;
    for (let round = 0; round < 40; round++) {
      for (const reader of readers) reader.send(ask);
      const heard = lists();
      pacemaker.send(ask);
      for (let index = pacemaker.texts.length; lists() === heard; index++) await pacemaker.text(index);
    }
    const { memory } = await server.holding();
    assert.ok(memory - before.memory < 12 * megabyte, `${memory - before.memory} bytes`);
    for (const { socket } of [...members, ...readers, pacemaker]) socket.destroy();
  });

  test('who opens one session after the other leaves none behind', async () => {
    await honest.measure();
    const before = await server.holding();
    for (let round = 0; round < 30; round++) {
      await Promise.all(
        range(100).map(async (index) => {
          const client = await RawClient.open(server.port, { from: `127.0.1.${round + 1}` });
          client.send(join({ sessionId: `open ${round} ${index} ${'x'.repeat(200)}` }));
          client.send('{"type":"leave"}');
          return client.ended;
        }),
      );
    }
    await honest.measure();
    const { memory } = await server.holding();
    // A session that were kept would be some kilobytes.
    assert.ok(memory - before.memory < 2 * megabyte, `${memory - before.memory} bytes`);
  });

  test('H7, H9, H10: nothing is left of them', async () => {
    let holding;
    // Whoever was cut off is counted for ten seconds more.
    do holding = await server.holding();
    while (holding.resources > atFirst.resources);
    assert.ok(holding.memory - atFirst.memory < 4 * megabyte, `${holding.memory - atFirst.memory} bytes`);
  });
});
