import assert from 'node:assert/strict';
import { RedisServer } from '../redis/redis-server.js';
import { audit } from './audit.js';
import { Fleet, type FleetOptions } from './fleet.js';

/** What a scenario runs on. */
export interface Scene {
  readonly fleet: Fleet;
  readonly redis: RedisServer;
}

/**
 * Runs a scenario on processes and a Redis of its own. When it is over nobody may have been told of anything twice, and
 * when all have left nothing may stay in Redis that is counted or lasts.
 */
export async function scenario(
  options: Omit<FleetOptions, 'redis'> & Partial<Pick<FleetOptions, 'redis'>>,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const redis = await new RedisServer().start();
  const fleet = new Fleet({ redis: redis.url, ...options });
  try {
    await fleet.start();
    await play({ fleet, redis });
    audit([redis]);
    for (const session of fleet.sessions) {
      session.leave();
      await session.truth(10_000, { on: fleet.running, calm: 0 });
      session.assertOnce();
    }
    assert.equal(audit([redis]), 0);
  } finally {
    await fleet.stop();
    await redis.remove();
  }
}
