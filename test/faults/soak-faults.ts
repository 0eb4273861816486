import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../fuzz/random.js';
import type { RedisServer } from '../redis/redis-server.js';
import type { ServerProcess } from '../system/server-process.js';
import { lease } from './bounds.js';

/** What a fault happens to. */
export interface Victims {
  /** A server process that runs. */
  readonly server: ServerProcess;
  readonly redis: RedisServer;
  readonly random: Random;
}

/** Something that goes wrong, and is mended when it resolves. */
export type Fault = (victims: Victims) => unknown;

/** A time shorter than a lease, or longer, in ms. */
const shorter = (random: Random): number => 500 + random.below(lease - 2_500);
const longer = (random: Random): number => lease + 1_500 + random.below(2_500);
const eitherWay = (random: Random): number => (random.chance(0.5) ? shorter(random) : longer(random));

async function freeze({ server }: Victims, time: number): Promise<void> {
  server.freeze(true);
  await wait(time);
  server.freeze(false);
}

async function restartRedis({ redis, random }: Victims, empty: boolean): Promise<void> {
  if (!empty) redis.save();
  await redis.stop('SIGKILL');
  if (empty) redis.forget();
  await wait(eitherWay(random));
  await redis.start();
}

/** Whatever may go wrong with server processes and their Redis, by its name. */
export const faults: Readonly<Record<string, Fault>> = {
  'a process is killed, and started again': async ({ server, random }) => {
    await server.stop('SIGKILL');
    await wait(random.below(8_000));
    await server.start();
  },
  'a process is stopped, and started again': async ({ server }) => {
    await server.stop('SIGTERM');
    await server.start();
  },
  'a process stands still for less than its lease': (victims) => freeze(victims, shorter(victims.random)),
  'a process stands still for more than its lease': (victims) => freeze(victims, longer(victims.random)),
  'Redis is killed, and comes back with its data': (victims) => restartRedis(victims, false),
  'Redis is killed, and comes back empty': (victims) => restartRedis(victims, true),
  'Redis stands still': async ({ redis, random }) => {
    redis.freeze(true);
    await wait(eitherWay(random));
    redis.freeze(false);
  },
  'Redis loses all keys': ({ redis }) => redis.command('FLUSHALL'),
  'Redis forgets the scripts': ({ redis }) => redis.command('SCRIPT', 'FLUSH'),
  'Redis closes the sockets that listen': ({ redis }) => redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub'),
};
