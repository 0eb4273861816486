import type { KeyObject } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { version } from '../version.js';
import { defaultDrainTimeout, drain } from './drain.js';
import { createRequestListener } from './http/index.js';
import { defaultLimits, type Limits } from './limits.js';
import { LiveSessions, sharedLease, type SessionObserver } from './live-session/index.js';
import { guarded, jsonLog, RefusalLog, type Log } from './log/index.js';
import { ServerMetrics } from './metrics.js';
import { browserFolder, demoFolder } from './package-files.js';
import { MemoryEngine } from './roster/index.js';
import { nameOfRedis, redisAddress, RedisEngine } from './roster/redis/index.js';
import { acceptUpgrades, Intake } from './socket/index.js';
import { createWebhooks } from './webhooks/index.js';

/** What a session server is told, whatever it listens on. */
export interface SessionServiceOptions {
  /** The project that tokens are made for. */
  apiKey: string;
  /** What tokens are signed with; two while one is replaced. */
  apiSecrets: readonly string[];
  /** The project as an application of Vonage's unified platform: its id, and what its tokens are checked with. Default: none. */
  application?: { readonly id: string; readonly publicKey: KeyObject } | undefined;
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
  /** How long a stream of the fallback lasts before its client has to ask for the next, in ms. Default: 25,000. */
  streamTime?: number;
  /**
   * How long a process that stops may take to hand its clients over to others, in ms; 0 closes their sockets instead.
   * Counts with `redis` alone. Default: 25,000.
   */
  drainTimeout?: number;
  /** Takes what the server has to say. Default: errors go to standard error, as lines of JSON, and nothing else does. */
  log?: Log;
}

/** Where a session server stands. */
export interface SessionServicePlace {
  /** What stands before each of its paths, such as `/presence`. Default: nothing. */
  readonly base?: string | undefined;
  /** Whether it is on this computer alone, for development. Default: false. */
  readonly development?: boolean;
}

/** A session server without what it listens on. */
export interface SessionService {
  readonly answer: RequestListener;
  /** Whether a request is for an upgrade to a WebSocket of this server. */
  readonly takes: (request: IncomingMessage) => boolean;
  /** Takes such an upgrade. */
  readonly upgrade: (request: IncomingMessage, connection: Duplex, head: Buffer) => void;
  /**
   * Makes it ready to be asked.
   *
   * @throws {Error} where the Redis can't be reached.
   */
  start(): Promise<void>;
  /** Makes a server that answers `/metrics`. */
  metricsServer(): Server;
  /**
   * With a shared Redis: takes no new clients and hands those that are here over to other processes, while all else goes
   * on. Resolves when nobody is left, or after `drainTimeout`. Without: resolves at once.
   *
   * @param hurry Ends it before.
   */
  readonly drain: (hurry?: AbortSignal) => Promise<void>;
  /**
   * Closes all connections with 1012, from which clients come back, and tries once more to deliver what webhooks are
   * pending. Resolves when no WebSocket is left.
   */
  close(): Promise<void>;
}

/** In ms: between two looks whether the last has left. */
const emptyInterval = 50;
/** In ms: how long a server that closes tries to deliver webhooks. */
const lastTry = 600;

const observerOf = (metrics: ServerMetrics, log: Log): SessionObserver => ({
  joined: (connection, resumed) => {
    metrics.joined(connection, resumed);
    log.debug({ ...connection, resumed }, 'Connection joined');
  },
  left: (connection, reason) => {
    metrics.left(connection, reason);
    log.debug({ ...connection, reason }, 'Connection left');
  },
  flushed: (seconds) => metrics.flushed(seconds),
});

/**
 * Makes the session server that a listening server needs: what answers its requests and takes its upgrades.
 *
 * @throws {Error} where the package's built files are missing, webhooks have no secret or may not go where they shall,
 * or the Redis has no good URL.
 */
export function createSessionService(
  options: SessionServiceOptions,
  { base, development = false }: SessionServicePlace = {},
): SessionService {
  const { apiKey, apiSecrets, application, redis } = options;
  const { openSessions = [], allowedOrigins = [], trustedProxies = 0, webhookSecrets = [] } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const frameRate = { perSecond: limits.framesPerSecond, burst: 2 * limits.framesPerSecond };
  const requestRate = { perSecond: limits.requestsPerSecond, burst: 2 * limits.requestsPerSecond };
  const policy = { apiKey, apiSecrets, application, openSessions };
  const log = guarded(options.log ?? jsonLog('error', 2), [...apiSecrets, ...webhookSecrets]);
  const refusals = new RefusalLog(log);
  const metrics = new ServerMetrics();
  const engine = redis === undefined ? undefined : redisEngine(redis, log);
  const ownEngine = new MemoryEngine();
  const live = new LiveSessions(observerOf(metrics, log), engine, ownEngine);
  const {
    webhooks,
    addresses,
    start: startWebhooks,
    close: closeWebhooks,
  } = createWebhooks({
    projectId: apiKey,
    urls: options.webhooks ?? [],
    secrets: webhookSecrets,
    privateAllowed: options.webhookPrivate ?? false,
    development,
    group: engine && { engine, lease: sharedLease },
    record: (outbox) => ownEngine.record(outbox),
    onTrouble: (trouble) => log.warn(trouble, 'Webhooks failed'),
  });
  const closing = new AbortController();
  let ready = true;
  const intake = new Intake({
    live,
    policy,
    allowedOrigins,
    limits,
    frameRate,
    log,
    onRefusal: (refusal) => {
      metrics.refused(refusal.cause);
      refusals.refused(refusal);
    },
  });
  const answer = createRequestListener({
    policy,
    sessions: live,
    intake,
    live,
    streamTime: options.streamTime ?? 25_000,
    callbacks: { webhooks, addresses },
    allowedOrigins,
    trustedProxies,
    requestRate,
    streamsPerAddress: limits.connectionsPerAddress,
    closing: closing.signal,
    log,
    version,
    base,
    isReady: () => ready,
    browserFolder,
    demoFolder: development ? demoFolder : undefined,
  });
  const upgrades = acceptUpgrades({ intake, base, trustedProxies });
  return {
    answer,
    takes: upgrades.takes,
    upgrade: upgrades.upgrade,
    start: async () => {
      if (engine) await reach(redis!, () => engine.open().then(startWebhooks));
      await live.start();
    },
    metricsServer: () => metrics.server(live, webhooks, engine),
    drain: async (hurry) => {
      const timeout = options.drainTimeout ?? defaultDrainTimeout;
      if (!engine || !timeout) return;
      ready = false;
      log.info(
        { clients: intake.size, seconds: timeout / 1000 },
        'Clients are handed over to other processes',
      );
      const empty = async (): Promise<void> => {
        await intake.empty();
        // Who lost the socket is about to come elsewhere or to leave, and the last may not be written yet.
        while (live.size) await setTimeout(emptyInterval);
      };
      await drain({ intake, empty, timeout, hurry });
      log.info({ left: intake.size }, 'Clients were handed over');
    },
    close: async () => {
      ready = false;
      closing.abort();
      refusals.flush();
      const closed = intake.close();
      await live.close();
      // Not before: who leaves with this process is told too.
      const lost = await closeWebhooks(lastTry);
      if (lost) log.warn({ lost }, 'Webhooks were lost: they were pending when the server stopped');
      engine?.close();
      await closed;
    },
  };
}

const redisEngine = (url: string, log: Log): RedisEngine =>
  new RedisEngine({
    address: redisAddress(url),
    lease: sharedLease,
    onReach: (reachable) => {
      if (reachable) log.info({}, 'Redis is within reach again');
      else log.warn({}, 'Redis is out of reach: numbers stand still, and nobody can join');
    },
  });

async function reach(url: string, open: () => Promise<void>): Promise<void> {
  try {
    await open();
  } catch (error) {
    const name = nameOfRedis(redisAddress(url));
    throw new Error(
      `The Redis at ${name} can't be used (${(error as Error).message}): start it, or give another with --redis (REDIS_URL)`,
      { cause: error },
    );
  }
}
