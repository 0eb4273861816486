import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { CloseCode } from '../../src/protocol/index.js';
import { HonestClients } from './honest-clients.js';
import { MeasuredServer, type Holding } from './measured-server.js';
import { frame, join, opcode, RawClient } from './raw-client.js';

/** Of each kind. */
const clients = 300;

/** One byte every so often, in ms: never so seldom that the client looks dead. */
const bytePause = 500;

suite('H6: clients that take their time', () => {
  let server: MeasuredServer;
  let honest: HonestClients;
  let atFirst: Holding;
  let heads: RawClient[];
  let silent: RawClient[];
  let slow: RawClient[];
  let stubborn: RawClient[];
  let witness: RawClient;
  const timers: NodeJS.Timeout[] = [];

  const many = (open: (index: number) => Promise<RawClient>): Promise<RawClient[]> =>
    Promise.all(Array.from({ length: clients }, (_, index) => open(index)));

  /** Writes a text byte by byte. */
  const drip = (client: RawClient, text: string | Buffer): void => {
    const bytes = Buffer.from(text);
    let sent = 0;
    const timer = setInterval(() => {
      if (sent >= bytes.length || client.socket.destroyed) clearInterval(timer);
      else client.socket.write(bytes.subarray(sent, ++sent));
    }, bytePause);
    timers.push(timer);
  };

  before(async () => {
    server = await MeasuredServer.start();
    honest = await HonestClients.start(server.url);
    await honest.measure();
    atFirst = await server.holding();
  });
  after(async () => {
    for (const timer of timers) clearInterval(timer);
    honest.stop();
    await server.stop();
  });

  test('honest clients are served as before while hundreds of them are there', async () => {
    await honest.assertServed(
      async () => {
        witness = await RawClient.join(server.port, {});
        heads = await many(() => RawClient.dial(server.port, '127.0.0.2'));
        for (const client of heads)
          drip(client, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100)}`);
        silent = await many(() => RawClient.open(server.port, { from: '127.0.0.3' }));
        slow = await many(() => RawClient.open(server.port, { from: '127.0.0.4' }));
        for (const client of slow) {
          client.answersPings = false;
          drip(client, frame(opcode.text, join()));
        }
        stubborn = await many(() => RawClient.join(server.port, {}, { from: '127.0.0.5' }));
        for (const client of stubborn) {
          client.answersClose = false;
          client.socket.write(frame(3));
        }
      },
      { once: true },
    );
  });

  test('who broke the protocol and stays is cut off, long before who only waits', async () => {
    const ended = async (group: RawClient[]): Promise<RawClient[]> => {
      for (const client of group) await client.ended;
      return group;
    };
    assert.equal(await Promise.race([ended(stubborn), ended(silent)]), stubborn);
    for (const client of stubborn) assert.equal((await client.ended).code, 1002);
  });

  test('who says nothing, or its join byte by byte, is told to join within 5 s', async () => {
    for (const client of [...silent, ...slow]) {
      const { code, texts } = await client.ended;
      assert.equal(code, CloseCode.protocol);
      assert.match(texts[0]!, /No join frame within 5 s/);
    }
  });

  test('a head that comes byte by byte is given up', async () => {
    for (const client of heads) {
      const { head } = await client.ended;
      assert.match(head, /^(HTTP\/1\.1 408 |$)/);
    }
  });

  test('who broke the protocol is counted for as long as one whose network broke, and then no more', async () => {
    for (let index = 0; ; index++) {
      const { count } = JSON.parse(await witness.text(index)) as { count: number };
      if (index > 0 && count === 1) break;
    }
  });

  test('nothing is left of them', async () => {
    await honest.measure();
    const { memory, resources } = await server.holding();
    assert.ok(memory - atFirst.memory < 4 * 2 ** 20, `${memory - atFirst.memory} bytes`);
    // The witness is there still.
    assert.ok(resources <= atFirst.resources + 2, `${resources} of ${atFirst.resources}`);
  });
});
