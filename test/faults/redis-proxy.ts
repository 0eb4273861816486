import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** One connection through the proxy. */
interface Way {
  readonly ends: readonly Socket[];
  /** Whether it is the one that messages of channels come by. */
  subscribed: boolean;
}

/** Stands between a process and a Redis on 127.0.0.1, and can be a network that lets nothing through. */
export class RedisProxy {
  readonly #target: () => number;
  readonly #ways = new Set<Way>();
  readonly #server = createServer((client) => this.#open(client));
  #holding = false;
  #tried = 0;

  /** @param target The port of the Redis. */
  constructor(target: () => number) {
    this.#target = target;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** Lets nothing through any more, on no connection old or new. All stay open. */
  hold(): void {
    this.#holding = true;
    for (const way of this.#ways) for (const end of way.ends) end.pause();
  }

  /** Lets nothing through on the connections that messages come by at present. They stay open. */
  deafen(): void {
    for (const { ends, subscribed } of this.#ways) if (subscribed) for (const end of ends) end.pause();
  }

  /** How many connections were opened while nothing got through. */
  get tried(): number {
    return this.#tried;
  }

  /** How many connections messages come by. */
  get subscriptions(): number {
    return [...this.#ways].filter(({ subscribed }) => subscribed).length;
  }

  /** Lets everything through, also what was held. */
  release(): void {
    this.forget();
    for (const { ends } of this.#ways) for (const end of ends) end.resume();
  }

  /** Lets everything through on new connections. Those that were held stay open, and let nothing through for ever. */
  forget(): void {
    this.#holding = false;
  }

  stop(): void {
    this.#server.close();
    for (const { ends } of this.#ways) for (const end of ends) end.destroy();
  }

  #open(client: Socket): void {
    const redis = connect(this.#target(), '127.0.0.1');
    const way: Way = { ends: [client, redis], subscribed: false };
    this.#ways.add(way);
    client.on('data', (bytes: Buffer) => {
      way.subscribed ||= bytes.includes('SSUBSCRIBE');
      redis.write(bytes);
    });
    redis.on('data', (bytes: Buffer) => client.write(bytes));
    if (this.#holding) this.#tried++;
    for (const end of way.ends) {
      if (this.#holding) end.pause();
      end.on('error', () => {});
      end.on('close', () => {
        this.#ways.delete(way);
        for (const other of way.ends) other.destroy();
      });
    }
  }
}
