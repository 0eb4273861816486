import { Proxy } from '../system/proxy.js';
import { project, ServerProcess } from '../system/server-process.js';
import { Client } from './client.js';
import { ObservedSession, type Place } from './observed-session.js';

/** What a {@link Fleet} takes. */
export interface FleetOptions {
  /** How many processes. */
  size: number;
  /** The URL of their Redis: one server, a Sentinel group or a cluster. A function is asked for each process. */
  redis: string | ((index: number) => string);
  /** More settings and environment variables, for each process. */
  settings?: (index: number) => Record<string, string>;
}

/** Several built server processes on one Redis, with a way in that leads to any of them that runs. */
export class Fleet {
  readonly servers: ServerProcess[];
  /** All that were observed. */
  readonly sessions: ObservedSession[] = [];
  readonly #door = new Proxy();
  #next = 0;

  constructor({ size, redis, settings = () => ({}) }: FleetOptions) {
    this.servers = Array.from({ length: size }, (_, index) => {
      const url = typeof redis === 'string' ? redis : redis(index);
      return new ServerProcess({ ...project, REDIS_URL: url, ...settings(index) });
    });
  }

  async start(): Promise<this> {
    await Promise.all(this.servers.map((server) => server.start()));
    await this.#door.start(() => this.#pick().url);
    return this;
  }

  /** The processes that run. */
  get running(): ServerProcess[] {
    return this.servers.filter((server) => server.running);
  }

  /**
   * A session with observers on every process.
   *
   * @param places Ways to the processes. Default: straight to each.
   */
  async observe(sessionId: string, places: readonly Place[] = this.servers): Promise<ObservedSession> {
    const session = new ObservedSession(sessionId, places);
    this.sessions.push(session);
    await session.truth(10_000, { calm: 0 });
    return session;
  }

  /** Sends the product's session client to the common way in: it comes back by itself, to any process. */
  async enter(observed: ObservedSession): Promise<Client> {
    const token = await this.servers[0]!.token('subscriber', observed.sessionId);
    const client = new Client(this.#door.url, observed.sessionId, token, () => observed.emit('news'));
    observed.members.add(client);
    return client;
  }

  /** Does {@link enter}, and resolves when the client is joined. */
  async connect(observed: ObservedSession): Promise<Client> {
    const client = await this.enter(observed);
    await observed.until(() => !!client.connectionId, 10_000, 'a session client joins');
    return client;
  }

  /** Ends everything at once, and waits for it. */
  async stop(): Promise<void> {
    for (const session of this.sessions) session.close();
    this.#door.stop();
    await Promise.all(this.servers.map((server) => server.stop('SIGKILL')));
  }

  #pick(): ServerProcess {
    const { running } = this;
    return running[this.#next++ % running.length] ?? this.servers[0]!;
  }
}
