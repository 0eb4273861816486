import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connectPath, subprotocol, type ErrorFrame } from '../../src/protocol/index.js';

/** The opcodes of RFC 6455, section 5.2. */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What of a frame is other than it should be. */
export interface FrameOddities {
  /** Default: true. */
  fin?: boolean;
  /** The three reserved bits, as a number up to 7. Default: 0. */
  reserved?: number;
  /** Default: true. */
  masked?: boolean;
  /** What the head says the length is, as the number of 64 bits that it may be. Default: what it is. */
  length?: bigint;
}

/** A frame as a client writes it; RFC 6455, section 5.2. */
export function frame(
  code: number,
  payload: string | Buffer = '',
  { fin = true, reserved = 0, masked = true, length }: FrameOddities = {},
): Buffer {
  const data = Buffer.from(payload);
  const size = data.length;
  const isLong = length !== undefined || size > 0xffff;
  const head = Buffer.alloc(isLong ? 10 : size > 125 ? 4 : 2);
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | code;
  head[1] = (masked ? 0x80 : 0) | (isLong ? 127 : size > 125 ? 126 : size);
  if (isLong) head.writeBigUInt64BE(length ?? BigInt(size), 2);
  else if (size > 125) head.writeUInt16BE(size, 2);
  // A mask of zeros is as good as any, and changes nothing.
  return Buffer.concat(masked ? [head, Buffer.alloc(4), data] : [head, data]);
}

/** What came from the server until it closed. */
export interface Ending {
  /** The close code; undefined where there was no close frame. */
  readonly code: number | undefined;
  /** The text frames. */
  readonly texts: readonly string[];
  /** The HTTP head. */
  readonly head: string;
}

/** What {@link RawClient.open} takes. */
export interface RawOptions {
  /** Header lines besides those that it takes. */
  headers?: readonly string[];
  path?: string;
  host?: string;
  /** One of this computer's addresses. */
  from?: string;
}

/** A WebSocket client that writes whatever bytes it is told to. */
export class RawClient {
  readonly socket: Socket;
  /** Resolves when the server ended the connection. */
  readonly ended: Promise<Ending>;
  readonly texts: string[] = [];
  /** Whether it answers a close frame, as RFC 6455, section 5.5.1, wants it. */
  answersClose = true;
  /** Whether it answers pings. An answer within a frame that it is still writing would be a part of that frame. */
  answersPings = true;
  #received: Buffer = Buffer.alloc(0);
  #head = '';
  #code: number | undefined;
  #onText = (): void => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) =>
      socket.on('close', () => resolve({ code: this.#code, texts: this.texts, head: this.#head })),
    );
    // The server may well reset what it has seen enough of.
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => this.#read(data));
  }

  /** Opens a TCP connection and nothing more. */
  static async dial(port: number, from = '127.0.0.1'): Promise<RawClient> {
    const client = new RawClient(connect({ port, host: '127.0.0.1', localAddress: from }));
    await once(client.socket, 'connect');
    return client;
  }

  /** Opens a TCP connection and asks for a WebSocket, without waiting for the answer. */
  static async open(
    port: number,
    { headers = [], path = `/${connectPath}`, host = `127.0.0.1:${port}`, from }: RawOptions = {},
  ): Promise<RawClient> {
    const client = await RawClient.dial(port, from);
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      `Sec-WebSocket-Protocol: ${subprotocol}`,
      ...headers,
    ];
    client.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return client;
  }

  /** Opens a WebSocket and joins; resolves when joined. */
  static async join(port: number, fields: object, options?: RawOptions): Promise<RawClient> {
    const client = await RawClient.open(port, options);
    client.send(join(fields));
    await client.text(0);
    return client;
  }

  send(text: string): void {
    this.socket.write(frame(opcode.text, text));
  }

  /** The n-th text frame, from 0; rejects where the connection ends before it. */
  async text(index: number): Promise<string> {
    while (this.texts.length <= index) {
      const more = new Promise<void>((resolve) => (this.#onText = resolve));
      await Promise.race([more, this.ended]);
      if (this.socket.destroyed && this.texts.length <= index) {
        throw new Error(`The server ended the connection after ${this.texts.join() || this.#head}`);
      }
    }
    return this.texts[index]!;
  }

  #read(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    if (!this.#head) {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#head = this.#received.subarray(0, end).toString();
      this.#received = this.#received.subarray(end + 4);
    }
    while (this.#received.length >= 2) {
      const short = this.#received[1]! & 0x7f;
      const start = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.#received.length < start) return;
      const size =
        start === 2
          ? short
          : start === 4
            ? this.#received.readUInt16BE(2)
            : Number(this.#received.readBigUInt64BE(2));
      if (this.#received.length < start + size) return;
      const payload = this.#received.subarray(start, start + size);
      const code = this.#received[0]! & 15;
      if (code === opcode.ping && this.answersPings) this.socket.write(frame(opcode.pong, payload));
      if (code === opcode.text) this.texts.push(payload.toString());
      if (code === opcode.close) {
        this.#code = size >= 2 ? payload.readUInt16BE(0) : 1005;
        if (this.answersClose) this.socket.end(frame(opcode.close, payload));
      }
      this.#received = this.#received.subarray(start + size);
      this.#onText();
    }
  }
}

/** A join frame. Default: with a key of its own, into an open session, for its count. */
export const join = (fields: object = {}): string =>
  JSON.stringify({
    type: 'join',
    sessionId: 'open',
    key: `key ${Math.random()}`,
    detail: 'count',
    ...fields,
  });

/** How a server refused a client. */
export interface Refusal {
  readonly code: number | undefined;
  readonly error: ErrorFrame | undefined;
}

/** Sends one frame; resolves to the error and the close code that it is answered with. */
export async function refusalOf(port: number, sent: string, options?: RawOptions): Promise<Refusal> {
  const client = await RawClient.open(port, options);
  client.send(sent);
  const { code, texts } = await client.ended;
  return { code, error: texts[0] === undefined ? undefined : (JSON.parse(texts[0]) as ErrorFrame) };
}
