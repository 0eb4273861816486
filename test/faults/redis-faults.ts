import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { RedisServer } from '../redis/redis-server.js';
import { Proxy } from '../system/proxy.js';
import { waitUntil } from './wait-until.js';

/** A Redis that loads its data slowly when it is told to, and the way to it. */
export class FailingRedis {
  readonly server = new RedisServer([
    '--enable-debug-command',
    'yes',
    '--loading-process-events-interval-bytes',
    '1024',
  ]);
  /** Tells the connections that messages come by from the others. */
  readonly proxy = new Proxy({ mark: 'ssubscribe' });

  #loaded: Promise<unknown> | undefined;

  get url(): string {
    return this.proxy.url.replace('http', 'redis');
  }

  async start(): Promise<this> {
    await this.server.start();
    await this.proxy.start(this.server.url);
    return this;
  }

  /** Lets it load its data anew. Resolves when it does. */
  async load(): Promise<void> {
    const loading = spawn('redis-cli', ['-p', `${this.server.port}`, 'DEBUG', 'RELOAD'], { stdio: 'ignore' });
    this.#loaded = once(loading, 'exit');
    await waitUntil('it loads', () => this.server.command('PING').startsWith('LOADING'));
  }

  /** Resolves when it has loaded its data. */
  async loaded(): Promise<void> {
    await this.#loaded;
  }

  async remove(): Promise<void> {
    this.proxy.stop();
    await this.server.remove();
  }
}

/** A way in which a Redis fails. */
export interface RedisFault {
  readonly name: string;
  /** What it refuses a write with, where it is not known to be of no use already; undefined where it doesn't. */
  readonly refusal: RegExp | undefined;
  /** Resolves when it fails. */
  begin(redis: FailingRedis): unknown;
  /** Resolves when it works. */
  end(redis: FailingRedis): unknown;
}

const silence = /no answer in/;
const becomeReplica = ({ server }: FailingRedis): unknown => server.command('REPLICAOF', '127.0.0.1', '1');
const becomeMaster = ({ server }: FailingRedis): unknown => server.command('REPLICAOF', 'NO', 'ONE');

/** In µs for each key, of which there are 100. */
const loadDelay = '30000';
const filling =
  "for key = 1, 100 do redis.call('SET', 'filling:' .. key, string.rep(key, 1024), 'PX', 60000) end";

export const redisFaults: readonly RedisFault[] = [
  {
    name: 'has no memory left',
    refusal: /OOM/,
    begin: ({ server }) => server.command('CONFIG', 'SET', 'maxmemory', '1'),
    end: ({ server }) => server.command('CONFIG', 'SET', 'maxmemory', '0'),
  },
  {
    name: 'is a replica',
    refusal: /READONLY/,
    begin: becomeReplica,
    end: becomeMaster,
  },
  {
    name: 'is a replica without a master',
    refusal: /MASTERDOWN/,
    begin: (redis) => {
      redis.server.command('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
      becomeReplica(redis);
    },
    end: becomeMaster,
  },
  {
    name: 'loads its data',
    refusal: /LOADING/,
    begin: async (redis) => {
      redis.server.command('EVAL', filling, '0');
      redis.server.command('CONFIG', 'SET', 'key-load-delay', loadDelay);
      await redis.load();
    },
    end: (redis) => redis.loaded(),
  },
  {
    name: 'forgot the scripts',
    refusal: undefined,
    begin: ({ server }) => server.command('SCRIPT', 'FLUSH'),
    end: () => {},
  },
  {
    name: 'answers no write',
    refusal: silence,
    begin: ({ server }) => server.command('CLIENT', 'PAUSE', '60000', 'WRITE'),
    end: ({ server }) => server.command('CLIENT', 'UNPAUSE'),
  },
  {
    name: 'stands still',
    refusal: silence,
    begin: ({ server }) => server.freeze(true),
    end: ({ server }) => server.freeze(false),
  },
  {
    name: 'is behind a network that lets nothing through',
    refusal: silence,
    begin: ({ proxy }) => proxy.hold(),
    end: ({ proxy }) => proxy.release(),
  },
  {
    name: 'is behind a network that forgets its connections',
    refusal: silence,
    begin: ({ proxy }) => proxy.hold(),
    end: async ({ proxy }) => {
      await waitUntil('it is tried again', () => proxy.tried > 0);
      proxy.forget();
    },
  },
  {
    name: 'is killed, and back with its data',
    refusal: /closed|ECONN/i,
    begin: async ({ server }) => {
      server.save();
      await server.stop('SIGKILL');
    },
    end: ({ server }) => server.start(),
  },
];
