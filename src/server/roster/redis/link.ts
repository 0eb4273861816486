import type { RedisAddress } from './address.js';

/** Hears of what is published on a channel. */
export type Listener = (message: string) => void;

/** Sockets to Redis that are there until one of them breaks: then {@link RedisConnection} makes another link. */
export interface Link {
  /** Sends a command to wherever `key` is. Rejected where that can't be done at once. */
  send(key: string, args: string[]): Promise<unknown>;
  subscribe(channel: string, listener: Listener): Promise<unknown>;
  unsubscribe(channel: string, listener: Listener): Promise<unknown>;
  destroy(): void;
}

type ClientLibrary = typeof import('./client-library.js');

/** In ms. */
export const commandTimeout = 2_000;
const connectTimeout = 2_000;
const sentinelTimeout = 500;
/**
 * Each socket asks for a sign of life that often, and is given up where there is none for that long: one that messages
 * come by, or that isn't greeted yet, would else wait for ever. Longer than a process may be busy with itself, and the
 * time since the last sign.
 */
const pingInterval = 1_000;
const socketTimeout = 4_000;

/**
 * Connects to a Redis.
 *
 * @param onLost Called once when the link is of no use any more.
 * @throws {Error} where none can be reached.
 */
export async function connect(
  library: ClientLibrary,
  address: RedisAddress,
  onLost: (error: Error) => void,
): Promise<Link> {
  if (address.kind === 'cluster') return connectToCluster(library, address);
  if (address.kind === 'single') return connectToServer(library, address, address.nodes[0]!, onLost);
  return connectToServer(library, address, await masterOf(library, address), onLost);
}

const optionsOf = ({ tls, username, password, database }: RedisAddress) => ({
  username,
  password,
  database,
  // What waits for a connection would be written when its lease is long over.
  disableOfflineQueue: true,
  disableClientInfo: true,
  maintNotifications: 'disabled' as const,
  pingInterval,
  socket: { tls, connectTimeout, socketTimeout, reconnectStrategy: false as const },
});

async function connectToServer(
  { createClient }: ClientLibrary,
  address: RedisAddress,
  { host, port }: { host: string; port: number },
  onLost: (error: Error) => void,
): Promise<Link> {
  const { socket, ...options } = optionsOf(address);
  const open = () =>
    createClient({ ...options, socket: { ...socket, tls: socket.tls as false, host, port } });
  const clients = [open(), open()] as const;
  const [commands, subscriber] = clients;
  const destroy = (): void => clients.forEach((client) => client.destroy());
  let lose: (error: Error) => void;
  const lost = new Promise<never>((_, reject) => (lose = reject));
  for (const client of clients) client.on('error', (error: Error) => lose(error));
  try {
    const connected = Promise.all(clients.map((client) => client.connect()));
    await inTime(Promise.race([connected, lost]), connectTimeout);
  } catch (error) {
    destroy();
    throw error;
  }
  lost.catch(onLost);
  return {
    send: (_, args) => commands.sendCommand(args),
    subscribe: (channel, listener) => subscriber.sSubscribe(channel, listener),
    unsubscribe: (channel, listener) => subscriber.sUnsubscribe(channel, listener),
    destroy,
  };
}

async function connectToCluster({ createCluster }: ClientLibrary, address: RedisAddress): Promise<Link> {
  const { socket, ...options } = optionsOf(address);
  const defaults = { ...options, socket: { ...socket, reconnectStrategy: () => 200 + 300 * Math.random() } };
  const cluster = createCluster({
    rootNodes: address.nodes.map(({ host, port }) => ({
      ...options,
      socket: { ...socket, tls: socket.tls as false, host, port },
    })),
    defaults: { ...defaults, socket: { ...defaults.socket, tls: socket.tls as false } },
    topologyRefreshOnReconnectionAttemptStrategy: 500,
  });
  // Each command that fails says so itself.
  cluster.on('error', () => {});
  try {
    await cluster.connect();
  } catch (error) {
    cluster.destroy();
    throw error;
  }
  return {
    send: (key, args) => cluster.sendCommand(key, false, args),
    subscribe: (channel, listener) => cluster.sSubscribe(channel, listener),
    unsubscribe: (channel, listener) => cluster.sUnsubscribe(channel, listener),
    destroy: () => cluster.destroy(),
  };
}

/** Asks the sentinels, one after another, where the server is that they call by the name. */
async function masterOf(
  { createClient }: ClientLibrary,
  address: RedisAddress,
): Promise<{ host: string; port: number }> {
  let cause: unknown;
  for (const { host, port } of address.nodes) {
    const { socket, ...options } = optionsOf({ ...address, database: 0 });
    const sentinel = createClient({
      ...options,
      socket: { ...socket, tls: socket.tls as false, host, port, connectTimeout: sentinelTimeout },
    });
    sentinel.on('error', () => {});
    try {
      await sentinel.connect();
      const found = await inTime(
        sentinel.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', address.name]),
        sentinelTimeout,
      );
      if (Array.isArray(found)) return { host: String(found[0]), port: Number(found[1]) };
      cause = new Error(`no sentinel knows a server called "${address.name}"`);
    } catch (error) {
      cause = error;
    } finally {
      sentinel.destroy();
    }
  }
  throw cause;
}

/** Rejects what takes longer than `timeout`, in ms. What it does may come about all the same. */
export function inTime<Value>(promise: Promise<Value>, timeout: number): Promise<Value> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    // Timers come first when a process goes on that was held up: what came meanwhile is to be heard before.
    timer = setTimeout(() => setImmediate(() => reject(new TimeoutError(timeout))), timeout);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Redis didn't answer in time. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';

  constructor(timeout: number) {
    super(`no answer in ${timeout} ms`);
  }
}
