import WebSocket from 'ws';
import {
  connectPath,
  parseServerFrame,
  subprotocol,
  type ConnectionReason,
  type ServerFrame,
} from '../../src/protocol/index.js';
import type { ServerProcess } from './server-process.js';

/** Sees each connection come and go, without being one. */
export class Witness {
  /** What happened, in order. */
  readonly events: { created?: string; destroyed?: string; reason?: ConnectionReason; at: number }[] = [];
  readonly present = new Set<string>();
  #socket: WebSocket | undefined;
  #changed = (): void => {};

  async watch(server: Pick<ServerProcess, 'url' | 'token'>, sessionId = 'lobby'): Promise<this> {
    // Before the socket, whose opening would else be missed.
    const token = await server.token('observer', sessionId);
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/${connectPath}`, subprotocol);
    this.#socket = socket;
    const join = {
      type: 'join',
      sessionId,
      token,
      key: 'witness',
      observe: true,
      detail: 'connections',
    };
    const listed = new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => socket.send(JSON.stringify(join)));
      socket.on('message', (data: Buffer) => {
        const frame = parseServerFrame(data.toString());
        this.#take(frame);
        if (frame.type === 'snapshot') resolve();
      });
    });
    await listed;
    return this;
  }

  /** Resolves when what is known satisfies a condition. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#changed = resolve));
  }

  close(): void {
    this.#socket?.terminate();
  }

  #take(frame: ServerFrame): void {
    const at = Date.now();
    if (frame.type === 'snapshot')
      for (const { connectionId } of frame.connections) this.present.add(connectionId);
    if (frame.type === 'change') {
      for (const { connectionId } of frame.created) {
        this.present.add(connectionId);
        this.events.push({ created: connectionId, at });
      }
      for (const { reason, connections } of frame.destroyed) {
        for (const destroyed of connections) {
          this.present.delete(destroyed);
          this.events.push({ destroyed, reason, at });
        }
      }
    }
    this.#changed();
  }
}
