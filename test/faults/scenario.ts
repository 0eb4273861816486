import assert from 'node:assert/strict';
import { RedisServer } from '../redis/redis-server.js';
import { Proxy } from '../system/proxy.js';
import { audit } from './audit.js';
import { Fleet, type FleetOptions } from './fleet.js';
import type { Place } from './observed-session.js';

/** What a scenario runs on. */
export interface Scene {
  readonly fleet: Fleet;
  readonly redis: RedisServer;
  /** The way of each process to the Redis; none to a group. */
  readonly ways: readonly Proxy[];
  /** Throws where what is in the Redis contradicts itself, or lasts. Returns how many connections are counted. */
  readonly audit: () => number;
}

/** Several Redis servers that are one. */
export interface RedisGroup {
  readonly url: string;
  /** Those that have the keys. */
  readonly masters: readonly RedisServer[];
  start(): Promise<unknown>;
  remove(): Promise<void>;
}

/** What {@link scenario} takes. */
export interface ScenarioOptions extends Omit<FleetOptions, 'redis'> {
  /** How long each piece takes on the ways to the Redis and back, in ms. Default: no time. */
  delay?: () => number;
  /** Default: one server. */
  group?: RedisGroup;
}

/**
 * Runs a scenario on processes and a Redis of its own. When it is over nobody may have been told of anything twice, and
 * when all have left nothing may stay in Redis that is counted or lasts.
 */
export async function scenario(
  { size, settings = () => ({}), delay, group }: ScenarioOptions,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const redis = new RedisServer();
  await (group ?? redis).start();
  const ways = await Promise.all(
    Array.from({ length: group ? 0 : size }, () => new Proxy({ delay }).start(redis.url)),
  );
  const url = (index: number): string => group?.url ?? ways[index]!.url.replace('http', 'redis');
  const fleet = new Fleet({ size, settings, redis: url });
  const auditAll = (): number => audit(group?.masters ?? [redis]);
  try {
    await fleet.start();
    await play({ fleet, redis, ways, audit: auditAll });
    auditAll();
    const ended = new Set<Place>(fleet.servers.filter((server) => !server.running));
    for (const session of fleet.sessions) {
      session.leave();
      const on = session.places.filter((place) => !ended.has(place));
      await session.truth(10_000, { on, calm: 0 });
      session.assertOnce();
    }
    assert.equal(auditAll(), 0);
  } finally {
    await fleet.stop();
    for (const way of ways) way.stop();
    await Promise.all([redis.remove(), group?.remove()]);
  }
}
