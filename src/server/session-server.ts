import type { KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { version } from '../version.js';
import { createRequestListener } from './http/index.js';
import { defaultLimits, type Limits } from './limits.js';
import { LiveSessions, sharedLease } from './live-session/index.js';
import { isLoopback } from './loopback.js';
import { ServerMetrics } from './metrics.js';
import { browserFolder, demoFolder } from './package-files.js';
import { nameOfRedis, redisAddress, RedisEngine } from './roster/redis/index.js';
import { acceptSockets } from './socket/index.js';
import { createWebhooks } from './webhooks/index.js';

/** What {@link createSessionServer} takes. */
export interface SessionServerOptions {
  /** The project that tokens are made for. */
  apiKey: string;
  /** What tokens are signed with; two while one is replaced. */
  apiSecrets: readonly string[];
  /** The project as an application of Vonage's unified platform: its id, and what its tokens are checked with. Default: none. */
  application?: { readonly id: string; readonly publicKey: KeyObject } | undefined;
  /** Default: 8787. 0 takes any free one. */
  port?: number;
  /** The address to listen on. Default: 127.0.0.1. */
  host?: string;
  /** Sessions that anyone may join without a token; `*` stands for any characters. Default: none. */
  openSessions?: readonly string[];
  /** The origins of pages that may connect besides the server's own; may hold `null`; `*` is every one. Default: none. */
  allowedOrigins?: readonly string[];
  /**
   * The URL of a Redis 7.0 or Valkey in which several processes have their rosters in common, in one of the forms
   * `redis://host:6379`, `redis+sentinel://host:26379,host:26379/name` and `redis+cluster://host:6379,host:6379`, with
   * `user:password@` before the hosts, and rediss for TLS. Default: none: this process is alone.
   */
  redis?: string | undefined;
  /** What the server takes on; what isn't named is as in {@link defaultLimits}. */
  limits?: Partial<Limits>;
  /** Where Prometheus reads metrics, on the same host; 0 takes any free port. Default: nowhere. */
  metricsPort?: number | undefined;
  /** URLs that are told of each connection that comes or goes; they need `webhookSecrets`. Default: none. */
  webhooks?: readonly string[];
  /**
   * What webhooks are signed with, each as `whsec_` and then 24 to 64 bytes in base64; two while one is replaced.
   * Default: none, so that no callback can be registered.
   */
  webhookSecrets?: readonly string[];
  /** Whether webhooks may go into private networks and to this computer, by https. Default: false. */
  webhookPrivate?: boolean;
  /** How many proxies of one's own are in front: they tell the address of a client. Default: 0. */
  trustedProxies?: number;
  /**
   * Show the playground, and give tokens to it. On a loopback host only. Default: false.
   */
  development?: boolean;
}

/** One process of the session server. */
export interface SessionServer {
  /**
   * Starts to listen.
   *
   * @returns The base address, without a slash at its end; and where the metrics are, if anywhere.
   * @throws {Error} where the port is in use, the host isn't this computer's, or the Redis can't be reached.
   */
  listen(): Promise<{ url: string; metricsUrl?: string | undefined }>;
  /**
   * Closes all connections, with 1012 from which clients come back, tries once more to deliver what webhooks are
   * pending, and resolves when nothing is open.
   */
  close(): Promise<void>;
}

/** In bytes. */
const longestHead = 16 * 1024;
/** In ms: how long a head may take, and how often that is looked at. */
const slowestHead = 10_000;
const headCheckInterval = 1_000;
/** In ms: how long a server that closes tries to deliver webhooks. */
const lastTry = 600;

/**
 * Makes a session server; it listens when told to.
 *
 * @throws {Error} where the package's built files are missing, a development server could be reached by others,
 * webhooks have no secret or may not go where they shall, or the Redis has no good URL.
 */
export function createSessionServer(options: SessionServerOptions): SessionServer {
  const { apiKey, apiSecrets, application, port = 8787, host = '127.0.0.1' } = options;
  const {
    openSessions = [],
    allowedOrigins = [],
    trustedProxies = 0,
    metricsPort,
    webhooks: urls = [],
    webhookSecrets: secrets = [],
    webhookPrivate: privateAllowed = false,
    redis,
    development = false,
  } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const frameRate = { perSecond: limits.framesPerSecond, burst: 2 * limits.framesPerSecond };
  const requestRate = { perSecond: limits.requestsPerSecond, burst: 2 * limits.requestsPerSecond };
  if (development && !isLoopback(host)) {
    throw new Error(`A development server on the host ${host} would give tokens to strangers: use 127.0.0.1`);
  }
  const policy = { apiKey, apiSecrets, application, openSessions };
  const metrics = new ServerMetrics();
  const engine = redis === undefined ? undefined : redisEngine(redis);
  const live = new LiveSessions(metrics, engine);
  const {
    webhooks,
    addresses,
    close: closeWebhooks,
  } = createWebhooks({
    projectId: apiKey,
    urls,
    secrets,
    privateAllowed,
    development,
    record: (outbox) => live.record(outbox),
    onTrouble: ({ host, failed, lastError, givenUp, dropped, pending }) =>
      console.warn(
        `Webhooks to ${host}: ${failed} attempts failed (${lastError}), ${givenUp} webhooks given up, ${dropped} dropped, ${pending} pending`,
      ),
  });
  let stopping = false;
  const server = createServer(
    {
      maxHeaderSize: longestHead,
      headersTimeout: slowestHead,
      connectionsCheckingInterval: headCheckInterval,
    },
    createRequestListener({
      policy,
      sessions: live,
      callbacks: { webhooks, addresses },
      allowedOrigins,
      trustedProxies,
      requestRate,
      streamsPerAddress: limits.connectionsPerAddress,
      version,
      isReady: () => !stopping,
      browserFolder,
      demoFolder: development ? demoFolder : undefined,
    }),
  );
  const sockets = acceptSockets(server, {
    live,
    policy,
    allowedOrigins,
    limits,
    frameRate,
    trustedProxies,
    onRefusal: (cause) => metrics.refused(cause),
  });
  const metricsServer = metricsPort === undefined ? undefined : metrics.server(live, webhooks);

  const stop = async (): Promise<void> => {
    stopping = true;
    sockets.close();
    metricsServer?.close();
    metricsServer?.closeAllConnections();
    await live.close();
    engine?.close();
  };

  return {
    listen: async () => {
      try {
        if (engine) await reach(engine, redis!);
        await live.start();
        const url = await listen(server, host, port);
        return {
          url,
          metricsUrl: metricsServer && `${await listen(metricsServer, host, metricsPort!)}/metrics`,
        };
      } catch (error) {
        server.close();
        await stop();
        throw error;
      }
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const stopped = stop();
      server.closeAllConnections();
      // Not before: who leaves a shared roster with this process is told too.
      await stopped;
      const lost = await closeWebhooks(lastTry);
      if (lost) console.warn(`${lost} webhooks are lost: they were pending when the server stopped`);
      await closed;
    },
  };
}

const redisEngine = (url: string): RedisEngine =>
  new RedisEngine({ address: redisAddress(url), lease: sharedLease });

async function reach(engine: RedisEngine, url: string): Promise<void> {
  try {
    await engine.open();
  } catch (error) {
    const name = nameOfRedis(redisAddress(url));
    throw new Error(
      `The Redis at ${name} can't be used (${(error as Error).message}): start it, or give another with --redis (REDIS_URL)`,
      { cause: error },
    );
  }
}

const listen = (server: Server, host: string, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, () => {
      const { port: actualPort } = server.address() as AddressInfo;
      resolve(`http://${isIPv6(host) ? `[${host}]` : host}:${actualPort}`);
    });
  });

function listenError({ code, message }: NodeJS.ErrnoException, host: string, port: number): Error {
  const remedies: Record<string, string> = {
    EADDRINUSE: `The port ${port} of ${host} is in use, perhaps by another session server: stop that, or take another with --port (PORT)`,
    EACCES: `The port ${port} of ${host} may not be used by this user: take one from 1024 up with --port (PORT)`,
    EADDRNOTAVAIL: `The host ${host} is no address of this computer: give one that is with --host (HOST)`,
    ENOTFOUND: `The host ${host} has no address: give one of this computer's with --host (HOST)`,
  };
  return new Error(remedies[code ?? ''] ?? `The server can't listen on port ${port} of ${host}: ${message}`);
}
