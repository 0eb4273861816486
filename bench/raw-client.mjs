import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const opcodes = { text: 1, ping: 9, pong: 10 };
/** RFC 6455 wants what a client sends to be masked; zeros leave the text as it is. */
const mask = Buffer.alloc(4);

/** The header of a frame of a client. */
function header(opcode, length) {
  const head = length > 125 ? Buffer.from([0, 0x80 | 126, 0, 0]) : Buffer.from([0, 0x80 | length]);
  head[0] = 0x80 | opcode;
  if (length > 125) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, mask]);
}

const pong = header(opcodes.pong, 0);

/** As much as a browser says when it connects. */
const upgrade = (port) =>
  [
    'GET /v1/connect HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Pragma: no-cache',
    'Cache-Control: no-cache',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36',
    'Upgrade: websocket',
    'Origin: https://site.example',
    'Sec-WebSocket-Version: 13',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    'Sec-WebSocket-Protocol: session-connection-count.1',
    '',
    '',
  ].join('\r\n');

/** One connection to a session server that costs its own process as little as can be. */
export class RawClient {
  /** The last number that it was told. */
  count = 0;
  /** What it was sent besides the answer to its join and pings, in bytes. */
  bytes = 0;
  #socket;
  #rest = Buffer.alloc(0);
  #isOpen = false;
  #onJoined;
  #fail;

  /** Resolves when the join was answered. */
  join({ port, sessionId, token, observe = false }) {
    const frame = Buffer.from(
      JSON.stringify({
        type: 'join',
        sessionId,
        token,
        key: randomBytes(16).toString('base64url'),
        observe,
        detail: 'count',
      }),
    );
    return new Promise((resolve, reject) => {
      this.#onJoined = resolve;
      this.#fail = reject;
      this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
      this.#socket.on('error', reject);
      this.#socket.write(upgrade(port));
      this.#socket.on('data', (data) => this.#receive(data, frame));
    });
  }

  leave() {
    this.#socket?.resetAndDestroy();
  }

  #receive(data, join) {
    this.#rest = this.#rest.length ? Buffer.concat([this.#rest, data]) : data;
    if (!this.#isOpen) {
      const end = this.#rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!this.#rest.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) {
        return this.#fail(new Error(`The server answered: ${this.#rest}`));
      }
      this.#isOpen = true;
      this.#rest = this.#rest.subarray(end + 4);
      this.#socket.write(Buffer.concat([header(opcodes.text, join.length), join]));
    }
    this.#readFrames();
  }

  #readFrames() {
    while (this.#rest.length >= 2) {
      const isLong = this.#rest[1] === 126;
      const start = isLong ? 4 : 2;
      if (this.#rest.length < start) return;
      const end = start + (isLong ? this.#rest.readUInt16BE(2) : this.#rest[1]);
      if (this.#rest.length < end) return;
      this.#take(this.#rest[0] & 15, this.#rest.subarray(start, end), end);
      this.#rest = this.#rest.subarray(end);
    }
  }

  #take(opcode, content, size) {
    if (opcode === opcodes.ping) return this.#socket.write(pong);
    if (opcode !== opcodes.text)
      return this.#fail(new Error(`The server closed a connection: ${content.subarray(2)}`));
    const frame = JSON.parse(content.toString());
    if (frame.count === undefined) return this.#fail(new Error(`The server sent ${content}`));
    this.count = frame.count;
    if (frame.type === 'joined') this.#onJoined();
    else this.bytes += size;
  }
}

/** How many joins are under way at a time. */
const mostJoining = 128;

/** Lets each client join by its own of the joins, some at a time. */
export async function joinAll(clients, joins) {
  let next = 0;
  const joinOneByOne = async () => {
    while (next < clients.length) {
      const index = next++;
      await clients[index].join(joins[index]);
    }
  };
  await Promise.all(Array.from({ length: mostJoining }, joinOneByOne));
}
