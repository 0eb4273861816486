import type { IncomingHttpHeaders } from 'node:http';
import { CloseCode } from '../../protocol/close-code.js';
import { AddressCount } from '../address-count.js';
import { AddressRates } from '../address-rates.js';
import { isAllowedOrigin } from '../origin.js';
import { Rate } from '../rate.js';
import { ClientSocket, type SocketContext } from './client-socket.js';
import { HeartbeatWheel } from './heartbeat-wheel.js';
import type { Wire } from './wire.js';

/** What {@link Intake} takes. */
export interface IntakeOptions extends Omit<SocketContext, 'onClosed'> {
  /** Whose pages may connect: origins, `null`, or `*`. */
  readonly allowedOrigins: readonly string[];
}

/** In seconds: how long a client is asked to wait where too many come at once, and where another process may take it. */
const handshakePause = 5;
const stoppingPause = 1;
/**
 * In ms: how long a server that refused somebody counts as overloaded. Who was refused asks for the reason only after
 * the next try, and has to hear it then.
 */
const overloadTime = 10_000;

/** Where the clients of a server come in, over WebSockets or streams, and how many may. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #context: SocketContext;
  readonly #addresses: AddressCount;
  readonly #handshakes: Rate;
  readonly #shares: AddressRates;
  readonly #wheel = new HeartbeatWheel();
  readonly #waiting: (() => void)[] = [];
  #taking = true;
  #refusedAt = -Infinity;

  constructor(options: IntakeOptions) {
    const { connectionsPerAddress, handshakesPerSecond: perSecond } = options.limits;
    this.#options = options;
    this.#context = {
      ...options,
      onClosed: (socket) => {
        this.#wheel.remove(socket);
        this.#addresses.giveBack(socket.address);
        if (!this.#wheel.size) for (const resolve of this.#waiting.splice(0)) resolve();
      },
    };
    this.#addresses = new AddressCount(connectionsPerAddress);
    this.#handshakes = new Rate({ perSecond, burst: perSecond }, performance.now());
    // Else one address could keep everybody else out.
    const share = Math.ceil(perSecond / 2);
    this.#shares = new AddressRates({ perSecond: share, burst: share });
  }

  /** Whether clients are taken at all. */
  get isTaking(): boolean {
    return this.#taking;
  }

  /** In seconds: how long a client that isn't taken should wait. */
  get pause(): number {
    return this.#taking ? handshakePause : stoppingPause;
  }

  /** Who is here. */
  [Symbol.iterator](): Iterator<ClientSocket> {
    return this.#wheel[Symbol.iterator]();
  }

  get size(): number {
    return this.#wheel.size;
  }

  /** Whether a client at an address may have been refused lately, or would be now. */
  isOverloaded(address: string): boolean {
    const now = performance.now();
    return !this.#taking || now - this.#refusedAt < overloadTime || !this.#shares.take(address, now);
  }

  /** Takes one more client; false where it has to be asked to come later. */
  takeHandshake(address: string): boolean {
    if (!this.#taking) return false;
    const now = performance.now();
    if (this.#shares.take(address, now)) {
      if (this.#handshakes.take(now)) return true;
      this.#refusedAt = now;
    }
    this.#options.onRefusal({ cause: 'HANDSHAKE_RATE', address });
    return false;
  }

  /**
   * Lets a client in, or tells it why not: on an open socket, since a browser can't read a refused one.
   *
   * @returns What may have been let in, to be refused for another reason.
   */
  accept(wire: Wire, headers: IncomingHttpHeaders, address: string): ClientSocket {
    const { limits, allowedOrigins } = this.#options;
    const { origin, host, 'user-agent': userAgent } = headers;
    const socket = new ClientSocket(wire, this.#context, { address, userAgent });
    this.#wheel.add(socket);
    const hasRoom = this.#addresses.take(address);
    if (!hasRoom) {
      socket.refuseAsFull(
        `Too many connections from one address: ${limits.connectionsPerAddress} are let in, see --max-connections-per-address, and --trust-proxy behind a proxy`,
      );
    } else if (!isAllowedOrigin(origin, host, allowedOrigins)) {
      const message =
        origin === 'null'
          ? 'Sandboxed frames and local files may not connect to this server: add null to --allow-origin (ALLOW_ORIGIN)'
          : `Pages of ${origin} may not connect to this server: add it to --allow-origin (ALLOW_ORIGIN)`;
      socket.refuse(CloseCode.unauthorized, 1004, message);
    }
    return socket;
  }

  /** Takes no more clients. */
  stopTaking(): void {
    this.#taking = false;
  }

  /** Resolves when nobody is here. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#wheel.size) this.#waiting.push(resolve);
      else resolve();
    });
  }

  /** Closes all sockets with 1012, from which clients come back, and takes no more. Resolves when none is left. */
  close(): Promise<void> {
    this.stopTaking();
    this.#wheel.stop();
    for (const socket of this.#wheel) socket.close(CloseCode.restart);
    return this.empty();
  }
}
