import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { HonestClients } from './honest-clients.js';
import { MeasuredServer, type Holding } from './measured-server.js';
import { frame, opcode, RawClient, type FrameOddities } from './raw-client.js';

const closeWith = (code: number): Buffer => {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frame(opcode.close, payload);
};
const text = (oddities: FrameOddities): Buffer => frame(opcode.text, '{"type":"leave"}', oddities);

/** The limits of server and RFC: a frame in bytes, its parts, the bytes that one part of memory is taken to cost. */
const largestFrame = 8192;
const mostParts = 64;
const megabyte = 2 ** 20;

suite('clients that break RFC 6455', () => {
  let server: MeasuredServer;
  let honest: HonestClients;
  let atFirst: Holding;

  before(async () => {
    server = await MeasuredServer.start();
    honest = await HonestClients.start(server.url);
    await honest.measure();
    atFirst = await server.holding();
  });
  after(async () => {
    honest.stop();
    await server.stop();
  });

  /** Joins, writes, and resolves to the code that the server closed with. */
  const codeAfter = async (...written: Buffer[]): Promise<number | undefined> => {
    const client = await RawClient.join(server.port, {});
    for (const bytes of written) client.socket.write(bytes);
    return (await client.ended).code;
  };

  const violations: [what: string, written: Buffer[], code: number][] = [
    ['an unmasked frame', [text({ masked: false })], 1002],
    ['an unknown opcode', [frame(3, 'x')], 1002],
    ['an unknown opcode of control frames', [frame(11, 'x')], 1002],
    ['the first reserved bit, which deflate would have', [text({ reserved: 4 })], 1002],
    ['the second reserved bit', [text({ reserved: 2 })], 1002],
    ['the third reserved bit', [text({ reserved: 1 })], 1002],
    ['a ping in fragments', [frame(opcode.ping, 'x', { fin: false })], 1002],
    ['a close in fragments', [frame(opcode.close, '', { fin: false })], 1002],
    ['a ping of 126 bytes', [frame(opcode.ping, 'x'.repeat(126))], 1002],
    ['a close of 126 bytes', [frame(opcode.close, 'x'.repeat(126))], 1002],
    ['a continuation of nothing', [frame(opcode.continuation, 'x')], 1002],
    ['a new message within one', [text({ fin: false }), text({})], 1002],
    ['text that is not UTF-8', [frame(opcode.text, Buffer.from([0xc3, 0x28]))], 1007],
    ['text that ends within a character', [frame(opcode.text, Buffer.from([0xe2, 0x82]))], 1007],
    ['a surrogate in UTF-8', [frame(opcode.text, Buffer.from([0xed, 0xa0, 0x80]))], 1007],
    ['a reason that is not UTF-8', [frame(opcode.close, Buffer.from([0x03, 0xe8, 0xc3, 0x28]))], 1007],
    ['half a close code', [frame(opcode.close, 'x')], 1002],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map((code): [string, Buffer[], number] => [
      `the close code ${code}`,
      [closeWith(code)],
      1002,
    ]),
    ['a byte more than a frame may have', [frame(opcode.text, 'x'.repeat(largestFrame + 1))], 1009],
    ['the head of 5 MiB alone', [frame(opcode.text, '', { length: 5n * 1024n * 1024n })], 1009],
    ['a length that no number can hold', [frame(opcode.text, '', { length: 2n ** 63n })], 1009],
    ['a length with a bit that has to be 0', [frame(opcode.text, '', { length: 2n ** 64n - 1n })], 1009],
    [
      'fragments of more than a frame may have',
      [
        text({ fin: false }),
        ...Array.from({ length: 9 }, () => frame(opcode.continuation, 'x'.repeat(1000), { fin: false })),
      ],
      1009,
    ],
  ];
  for (const [what, written, code] of violations) {
    test(`H1: ${what} is answered with ${code}`, async () => {
      assert.equal(await codeAfter(...written), code);
    });
  }

  test('H1: deflate that is offered is not agreed on', async () => {
    const client = await RawClient.open(server.port, {
      headers: ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'],
    });
    client.socket.write(text({ reserved: 4 }));
    const { head, code } = await client.ended;
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.doesNotMatch(head, /extensions/i);
    assert.equal(code, 1002);
  });

  test('H2: a million fragments are given up after the first few', async () => {
    const fragment = frame(opcode.continuation, '', { fin: false });
    const many = Buffer.concat(Array.from({ length: 1000 }, () => fragment));
    const client = await RawClient.join(server.port, {});
    client.socket.write(text({ fin: false }));
    // What is written to a closed connection is nowhere.
    for (let round = 0; round < 1000; round++) client.socket.write(many);
    assert.equal((await client.ended).code, 1008);
  });

  /** Sends each part so that the server reads it alone, to several clients that never end their frame. */
  const sendSlowly = async (first: Buffer, part: Buffer, parts: number): Promise<RawClient[]> => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.join(server.port, {})));
    for (const { socket } of clients) socket.setNoDelay(true).write(first);
    for (let sent = 0; sent < parts; sent++) {
      for (const { socket } of clients) socket.write(part);
      // Its answer comes after the server read what was sent before.
      await fetch(`${server.url}/healthz`);
    }
    return clients;
  };

  for (const [what, first, part] of [
    ['fragments', text({ fin: false }), frame(opcode.continuation, 'x', { fin: false })],
    ['packets', frame(opcode.text, '', { length: 8000n }), Buffer.from('x')],
  ] as const) {
    test(`H2: a frame in as many ${what} as bytes holds no memory for each`, async () => {
      const clients = await sendSlowly(first, part, mostParts + 10);
      for (const { ended } of clients) assert.equal((await ended).code, 1008);
    });
  }

  test('H2: 50 frames of 5 MiB at once are not kept', async () => {
    const before = await server.holding();
    const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.join(server.port, {})));
    for (const { socket } of clients) socket.write(frame(opcode.text, Buffer.alloc(5 * megabyte)));
    for (const { ended } of clients) await ended;
    const { resident } = await server.holding();
    assert.ok(resident - before.resident < 80 * megabyte, `${resident - before.resident} bytes`);
  });

  test('H1, H2: whoever does nothing wrong is served as before meanwhile', async () => {
    await honest.assertServed(() => Promise.all(violations.map(([, written]) => codeAfter(...written))));
  });

  test('H1, H2: nothing is left of them', async () => {
    await honest.measure();
    const { memory } = await server.holding();
    assert.ok(memory - atFirst.memory < 4 * megabyte, `${memory - atFirst.memory} bytes`);
    assert.ok(server.lives);
  });
});
