import assert from 'node:assert/strict';
import {
  parseClientFrame,
  parseServerFrame,
  SessionError,
  type ClientFrame,
  type ServerFrame,
} from '../../src/protocol/index.js';
import { frame, opcode, RawClient } from '../hostile/raw-client.js';
import { mutatedBytes, mutatedJson, mutatedText } from './mutation.js';
import type { Random } from './random.js';

const connection = { connectionId: 'a.1', creationTime: 1, data: 'x' };
const total = { epoch: 1, seq: 2, count: 3 };
/** Frames as they should be, which others are made from. */
const serverFrames: readonly ServerFrame[] = [
  { type: 'joined', connection, role: 'moderator', resumed: true, heartbeat: 25_000, ...total },
  { type: 'count', stale: true, ...total },
  {
    type: 'change',
    from: 1,
    created: [connection],
    destroyed: [{ reason: 'networkDisconnected', connections: ['b'] }],
    ...total,
  },
  { type: 'snapshot', connections: [connection], page: 0, pages: 1, ...total },
  { type: 'detail', detail: 'count' },
  { type: 'error', id: 1, name: 'N', code: 1004, message: 'm', fatal: true, retryAfter: 5 },
];

function clientFrame(random: Random): ClientFrame {
  const id = random.below(10);
  return random.pick<ClientFrame>([
    { type: 'join', sessionId: `open ${id}`, key: `key ${random.below(1000)}`, detail: 'connections' },
    { type: 'join', sessionId: `open ${id}`, token: 'x.y.z', key: 'k', observe: true, detail: 'count' },
    { type: 'leave' },
    { type: 'forceDisconnect', id, connectionId: `a.${id}` },
    { type: 'sync', epoch: id, seq: id, detail: random.pick(['count', 'connections']) },
    { type: 'visibility', state: random.pick(['visible', 'hidden', 'frozen']) },
  ]);
}

const mutated = (random: Random, value: object): string =>
  random.chance(0.6) ? mutatedJson(random, value) : mutatedText(random, JSON.stringify(value));

/** Whether a text is a frame. Fails where it is neither that nor refused as it should be. */
function isFrame(parse: (text: string) => object, text: string): boolean {
  try {
    const { constructor } = parse(text);
    assert.equal(constructor, Object);
    return true;
  } catch (error) {
    assert.ok(error instanceof SessionError && error.code === 2001, `${String(error)} for ${text}`);
    return false;
  }
}

/** Reads changed frames of both sides. Resolves to how many of them were frames still. */
export function fuzzParsers(random: Random, frames: number): number {
  let valid = 0;
  for (let index = 0; index < frames; index++) {
    const isServers = random.chance(0.3);
    const text = mutated(random, isServers ? random.pick(serverFrames) : clientFrame(random));
    if (isFrame(isServers ? parseServerFrame : parseClientFrame, text)) valid++;
  }
  return valid;
}

/** Frames that one socket gets, the join included. */
const framesPerSocket = 20;

/**
 * Sends changed frames to a server on one socket: as many as are frames still, then one that isn't, then a close.
 * Resolves to how many it sent when the server has ended the connection.
 */
export async function fuzzSocket(random: Random, port: number): Promise<number> {
  const client = await RawClient.open(port, { headers: [`X-Forwarded-For: 192.0.2.${random.below(256)}`] });
  const join: ClientFrame = {
    type: 'join',
    sessionId: `open ${random.below(50)}`,
    key: `key ${random.below(1000)}`,
    detail: random.pick(['count', 'connections']),
  };
  client.send(random.chance(0.9) ? JSON.stringify(join) : mutated(random, join));
  let sent = 1;
  for (let goesOn = true; goesOn && sent < framesPerSocket; sent++) {
    const text = mutated(random, clientFrame(random));
    goesOn = isFrame(parseClientFrame, text);
    const bytes = frame(opcode.text, text);
    if (random.chance(0.05)) {
      client.socket.write(mutatedBytes(random, bytes));
      goesOn = false;
    } else client.socket.write(bytes);
  }
  const goodbye = random.below(4);
  if (goodbye === 0) client.socket.destroy();
  else if (goodbye === 1) client.socket.end();
  else client.socket.end(frame(opcode.close, Buffer.from([3, 232])));
  await client.ended;
  return sent;
}
