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
  /** The way of each process to the Redis. */
  readonly ways: readonly Proxy[];
}

/** What {@link scenario} takes. */
export interface ScenarioOptions extends Omit<FleetOptions, 'redis'> {
  /** How long each piece takes on the ways to the Redis and back, in ms. Default: no time. */
  delay?: () => number;
}

/**
 * Runs a scenario on processes and a Redis of its own. When it is over nobody may have been told of anything twice, and
 * when all have left nothing may stay in Redis that is counted or lasts.
 */
export async function scenario(
  { size, settings = () => ({}), delay }: ScenarioOptions,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const redis = await new RedisServer().start();
  const ways = await Promise.all(Array.from({ length: size }, () => new Proxy({ delay }).start(redis.url)));
  const fleet = new Fleet({ size, settings, redis: (index) => ways[index]!.url.replace('http', 'redis') });
  try {
    await fleet.start();
    await play({ fleet, redis, ways });
    audit([redis]);
    const ended = new Set<Place>(fleet.servers.filter((server) => !server.running));
    for (const session of fleet.sessions) {
      session.leave();
      const on = session.places.filter((place) => !ended.has(place));
      await session.truth(10_000, { on, calm: 0 });
      session.assertOnce();
    }
    assert.equal(audit([redis]), 0);
  } finally {
    await fleet.stop();
    for (const way of ways) way.stop();
    await redis.remove();
  }
}
