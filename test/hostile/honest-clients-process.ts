/**
 * Clients that do all as they should, as a process of their own, so that whoever attacks takes no time from them. For
 * fork(), with the server's address as JSON. Asked for a number of rounds, it answers with what they took.
 */
import { once } from 'node:events';
import WebSocket from 'ws';
import { connectPath, parseServerFrame, subprotocol, type ServerFrame } from '../../src/protocol/index.js';
import type { Latency } from './honest-clients.js';

const url = `${(JSON.parse(process.argv[2]!) as string).replace('http', 'ws')}/${connectPath}`;
const join = (key: string): string =>
  JSON.stringify({ type: 'join', sessionId: 'open honest', key, detail: 'count' });

/** Opens a socket and joins; resolves to the answer. */
async function joined(
  key: string,
  onFrame: (frame: ServerFrame) => void = () => {},
): Promise<{ socket: WebSocket; frame: ServerFrame & { type: 'joined' } }> {
  // An address that no attack comes from.
  const socket = new WebSocket(url, subprotocol, { localAddress: '127.0.0.99' });
  socket.on('message', (data: Buffer) => onFrame(parseServerFrame(data.toString())));
  await once(socket, 'open');
  socket.send(join(key));
  const [data] = (await once(socket, 'message')) as [Buffer];
  const frame = parseServerFrame(data.toString());
  if (frame.type !== 'joined') throw new Error(`An honest client was refused: ${data.toString()}`);
  return { socket, frame };
}

let latest = { seq: 0, count: 0 };
let onCount = (): void => {};
await joined('witness', (frame) => {
  if (frame.type === 'joined' || frame.type === 'count') latest = frame;
  onCount();
});

/** Resolves when the witness was told of a version. */
async function told(seq: number): Promise<void> {
  while (latest.seq < seq) await new Promise<void>((resolve) => (onCount = resolve));
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1]!;

process.on('message', (rounds: number) => {
  void (async () => {
    const joins: number[] = [];
    const changes: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const began = performance.now();
      const { socket, frame } = await joined(`honest ${Math.random()}`);
      joins.push(performance.now() - began);
      await told(frame.seq);
      changes.push(performance.now() - began);
      socket.close(1000);
      await told(frame.seq + 1);
    }
    process.send!({ join: median(joins), change: median(changes), count: latest.count } satisfies Latency);
  })();
});
process.on('disconnect', () => process.exit());
process.send!('ready');
