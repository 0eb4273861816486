import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** From clients to the server, or from the server to clients. */
export type Direction = 'up' | 'down';

/** What a {@link Proxy} takes. */
export interface ProxyOptions {
  /** What the clients say on connections that can be held apart from the others. Default: there are none. */
  mark?: string;
  /** How long each piece takes that comes, in ms; none overtakes another. Default: no time. */
  delay?: (() => number) | undefined;
}

/** The network between clients and a server, for a test to cut. */
export class Proxy {
  url = '';
  /** How many connections were opened while nothing was let through. */
  tried = 0;
  readonly #mark: string | undefined;
  readonly #pairs = new Set<[Socket, Socket]>();
  /** Those of which the client has said the mark. */
  readonly #marked = new Set<[Socket, Socket]>();
  readonly #server: Server = createServer((near) => this.#accept(near));
  #target = (): string => '';
  readonly #delay: (() => number) | undefined;
  #held: readonly Direction[] = [];

  constructor({ mark, delay }: ProxyOptions = {}) {
    this.#mark = mark;
    this.#delay = delay;
  }

  /** How many connections are open on which the client has said the mark. */
  get marked(): number {
    return this.#marked.size;
  }

  /** @param target The URL of what is behind it. A function is asked for each connection. */
  async start(target: string | (() => string)): Promise<this> {
    this.#target = typeof target === 'string' ? () => target : target;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  /** Ends all connections at once, as a router that restarts does. */
  reset(): void {
    for (const pair of this.#pairs) for (const socket of pair) reset(socket);
  }

  /** Lets nothing through, and says so to nobody. Default: in no direction. */
  hold(...directions: Direction[]): void {
    this.#held = directions.length ? directions : ['up', 'down'];
    for (const [near, far] of this.#pairs) {
      if (this.#held.includes('up')) near.pause();
      if (this.#held.includes('down')) far.pause();
    }
  }

  /** Holds the marked connections that there are, and no others. */
  holdMarked(): void {
    for (const pair of this.#marked) for (const socket of pair) socket.pause();
  }

  /** Lets everything through on new connections; what is held stays so, as by a router that forgot its connections. */
  forget(): void {
    this.#held = [];
  }

  /** Lets through what was held, and all that follows. */
  release(): void {
    this.forget();
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  stop(): void {
    this.#server.close();
    this.reset();
  }

  /** Does what it is given in order, each when its delay is over. */
  #queue(): (action: () => void) => void {
    const delay = this.#delay;
    if (!delay) return (action) => action();
    let last = Promise.resolve();
    return (action) => {
      const arrived = new Promise((resolve) => setTimeout(resolve, delay()));
      last = last.then(() => arrived).then(action);
    };
  }

  #accept(near: Socket): void {
    const far = connect(Number(new URL(this.#target()).port), '127.0.0.1');
    const pair: [Socket, Socket] = [near, far];
    this.#pairs.add(pair);
    if (this.#held.length) this.tried++;
    near.on('data', (data: Buffer) => {
      if (this.#mark && data.includes(this.#mark)) this.#marked.add(pair);
    });
    for (const [from, to, direction] of [[near, far, 'up'] as const, [far, near, 'down'] as const]) {
      const later = this.#queue();
      if (this.#held.includes(direction)) from.pause();
      from.on('data', (data) => later(() => to.write(data)));
      from.on('end', () => later(() => to.end()));
      // A reset on one side is one on the other.
      from.on('error', () => reset(to));
      from.on('close', () => {
        this.#pairs.delete(pair);
        this.#marked.delete(pair);
      });
    }
  }
}

/** Node never gets rid of a socket that is reset while its end is on the way, and can't exit then. */
const reset = (socket: Socket): unknown =>
  socket.writableEnded ? socket.destroy() : socket.resetAndDestroy();
