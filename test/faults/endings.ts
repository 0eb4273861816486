import type { ConnectionReason } from '../../src/protocol/index.js';
import { frame, opcode, type RawClient, type RawOptions } from '../hostile/raw-client.js';

/** How a client ends, and what that is to be taken for. */
export interface Ending {
  readonly name: string;
  readonly end: (client: RawClient) => void;
  readonly options?: RawOptions;
  readonly reason: ConnectionReason;
  /** When it is to be out of the count, in ms. */
  readonly after: number;
}

const closeFrame = (code?: number): Buffer => {
  const payload = Buffer.alloc(code ? 2 : 0);
  if (code) payload.writeUInt16BE(code);
  return frame(opcode.close, payload);
};
/** Says that it closes, and never again anything, not even that it has ended its side. */
const closeThenSilence =
  (code?: number) =>
  (client: RawClient): void => {
    client.answersClose = client.answersPings = false;
    client.socket.allowHalfOpen = true;
    client.socket.write(closeFrame(code));
  };
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** The reason table, from the network's side. */
export const endings: readonly Ending[] = [
  {
    name: 'that leaves, then is silent',
    end: (client) => {
      client.answersClose = client.answersPings = false;
      client.socket.allowHalfOpen = true;
      client.send('{"type":"leave"}');
    },
    reason: 'clientDisconnected',
    after: 0,
  },
  {
    name: 'that closes with 1000, then is silent',
    end: closeThenSilence(1000),
    reason: 'clientDisconnected',
    after: 0,
  },
  {
    name: 'that closes with no code, then is silent',
    end: closeThenSilence(),
    reason: 'clientDisconnected',
    after: 0,
  },
  {
    name: 'whose page goes away, then is silent',
    end: closeThenSilence(4001),
    reason: 'clientDisconnected',
    after: 3_000,
  },
  {
    name: 'whose page goes away, as Firefox says it, then is silent',
    end: closeThenSilence(1001),
    options: { headers: [`User-Agent: ${firefox}`] },
    reason: 'clientDisconnected',
    after: 3_000,
  },
  {
    name: 'whose browser closes with 1001 for it, then is silent',
    end: closeThenSilence(1001),
    reason: 'networkDisconnected',
    after: 10_000,
  },
  {
    name: 'whose connection is reset in the middle of a frame',
    end: ({ socket }) => {
      const whole = frame(opcode.text, '{"type":"leave"}');
      socket.write(whole.subarray(0, whole.length - 4), () => socket.resetAndDestroy());
    },
    reason: 'networkDisconnected',
    after: 10_000,
  },
  {
    name: 'that ends its side without a word',
    end: ({ socket }) => socket.end(),
    reason: 'networkDisconnected',
    after: 10_000,
  },
];
