import WebSocket from 'ws';
import { parseServerFrame } from '../../src/protocol/index.js';

/** What happened to the sockets of session clients of one server, over all of them. */
export class WatchedSockets {
  /** When a client joined, in ms by `performance.now()`, and whether as the connection that it was. */
  readonly joins: { readonly at: number; readonly resumed: boolean }[] = [];
  /** What sockets were closed with. */
  readonly closeCodes = new Set<number>();

  /** @param url The server's. */
  constructor(url: string) {
    watched.set(new URL(url).host, this);
    // The session client takes it from there, as in a browser.
    globalThis.WebSocket = WatchedSocket as unknown as typeof globalThis.WebSocket;
  }
}

const watched = new Map<string, WatchedSockets>();

class WatchedSocket extends WebSocket {
  constructor(url: string, protocol: string) {
    super(url, protocol);
    const { joins, closeCodes } = watched.get(new URL(url).host)!;
    this.on('close', (code) => closeCodes.add(code));
    this.on('message', (data: Buffer) => {
      const frame = parseServerFrame(data.toString());
      if (frame.type === 'joined') joins.push({ at: performance.now(), resumed: frame.resumed });
    });
  }
}

/** The most that happened in any second, of moments in ms. */
export function peak(moments: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < moments.length; last++) {
    while (moments[last]! - moments[first]! >= 1_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
