import WebSocket from 'ws';
import {
  CloseCode,
  connectPath,
  parseServerFrame,
  subprotocol,
  type JoinedFrame,
} from '../../src/protocol/index.js';
import type { ServerProcess } from '../system/server-process.js';

let keys = 0;

/** A client that wants the number alone, with one key wherever it joins. */
export class Member {
  /** How often it was asked to go to another process, to which it doesn't go by itself. */
  drains = 0;
  /** The number that it was told last. */
  count: number | undefined;
  readonly #key = `member ${++keys}`;
  readonly #onNews: () => void;
  #socket: WebSocket | undefined;
  #closed = Promise.resolve(0);
  #connectionId: string | undefined;

  /** @param onNews Called whenever it heard something, and when its socket closed. */
  constructor(onNews: () => void = () => {}) {
    this.#onNews = onNews;
  }

  /** The id of the connection that it is; undefined while it has no joined socket. */
  get connectionId(): string | undefined {
    return this.#connectionId;
  }

  /**
   * Joins a session, or comes back to it.
   *
   * @param token Default: a subscriber's.
   */
  async join(
    server: Pick<ServerProcess, 'url' | 'token'>,
    sessionId: string,
    token?: string,
  ): Promise<JoinedFrame> {
    token ??= await server.token('subscriber', sessionId);
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/${connectPath}`, subprotocol);
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('close', () => {
      if (socket === this.#socket) this.#connectionId = undefined;
      this.#onNews();
    });
    return new Promise((resolve, reject) => {
      // When its server dies it has nothing to say.
      socket.on('error', reject);
      socket.on('close', (code) => reject(new Error(`closed with ${code}`)));
      socket.on('open', () =>
        socket.send(JSON.stringify({ type: 'join', sessionId, token, key: this.#key, detail: 'count' })),
      );
      socket.on('message', (data: Buffer) => {
        const frame = parseServerFrame(data.toString());
        if (frame.type === 'drain') this.drains++;
        if ('count' in frame) this.count = frame.count;
        // It comes again, unasked, when its connection has another id.
        if (frame.type === 'joined') {
          this.#connectionId = frame.connection?.connectionId;
          resolve(frame);
        }
        this.#onNews();
      });
    });
  }

  /** Resolves to the code that its socket closed with. */
  get closed(): Promise<number> {
    return this.#closed;
  }

  /** Leaves the session. */
  leave(): void {
    this.#connectionId = undefined;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type: 'leave' }));
  }

  /** Closes its socket with 1000, and says nothing else. */
  close(): void {
    this.#connectionId = undefined;
    this.#socket!.close(CloseCode.normal);
  }

  /** Loses its socket, without a word. */
  breakOff(): void {
    this.#connectionId = undefined;
    this.#socket!.terminate();
  }
}

/** Joins a session. Resolves to the connection's id when it is counted. */
export const join = async (server: ServerProcess, sessionId: string): Promise<string> =>
  (await new Member().join(server, sessionId)).connection!.connectionId;
