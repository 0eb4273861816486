import { heartbeat, silenceLimit } from '../live-session/index.js';
import type { ClientSocket } from './client-socket.js';

/** All in ms. */
const tick = 1_000;
const pingInterval = 10_000;
const mostLate = 5_000;

/**
 * All sockets, and one timer for their life signs. Each is pinged every 10 s by RFC 6455 pings, which a
 * browser answers even for a throttled or frozen tab; a tenth of the sockets each second.
 */
export class HeartbeatWheel {
  readonly #spokes: Set<ClientSocket>[] = Array.from({ length: pingInterval / tick }, () => new Set());
  readonly #timer: NodeJS.Timeout;
  #added = 0;
  #next = 0;
  #turnedAt = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#turn(performance.now()), tick);
    this.#timer.unref();
  }

  get size(): number {
    return this.#spokes.reduce((sum, { size }) => sum + size, 0);
  }

  *[Symbol.iterator](): Generator<ClientSocket> {
    for (const spoke of this.#spokes) yield* spoke;
  }

  add(socket: ClientSocket): void {
    this.#spokes[this.#added++ % this.#spokes.length]!.add(socket);
  }

  remove(socket: ClientSocket): void {
    for (const spoke of this.#spokes) spoke.delete(socket);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #turn(now: number): void {
    // A process that was held up has missed the answers, not the clients.
    const late = now - this.#turnedAt - tick > mostLate;
    this.#turnedAt = now;
    for (const [index, spoke] of this.#spokes.entries()) {
      for (const socket of spoke) {
        if (late) socket.forgive(now);
        else if (now - socket.lastSeen >= silenceLimit) {
          socket.fallSilent();
          continue;
        }
        if (late || index === this.#next) socket.ping(now);
        socket.awaitJoin(now);
        socket.catchUp(now, heartbeat - tick);
      }
    }
    this.#next = (this.#next + 1) % this.#spokes.length;
  }
}
