import { MemoryEngine, type RosterEngine } from '../../src/server/roster/index.js';
import { RedisEngine, redisAddress } from '../../src/server/roster/redis/index.js';

/** Engines that have their rosters in common, as those of several processes have, and power over time and loss. */
export interface EngineGroup {
  /** The engine of another process. */
  engine(): Promise<RosterEngine>;
  /** Lets all leases run out. Nobody is reaped by that alone. */
  runOut(): Promise<void>;
  /** Lets the engine lose all that it has. */
  wipe(): Promise<void>;
  /** To be called after the last test. */
  end(): Promise<void>;
}

/** In ms. No lease ends by itself while a test runs. */
const lease = 60_000;

/** The engine of one process alone, which stands for several. */
export function memoryEngines(): EngineGroup {
  let time = 1_000_000;
  class Engine extends MemoryEngine {
    override wipe(): void {
      super.wipe();
    }
  }
  const engine = new Engine({ lease, now: () => time });
  return {
    engine: async () => engine,
    runOut: async () => {
      time += lease;
    },
    wipe: async () => engine.wipe(),
    end: async () => {},
  };
}

/**
 * Engines on a Redis.
 *
 * @param run Runs a command on every one of its servers.
 */
export function redisEngines(url: string, run: (...command: string[]) => void): EngineGroup {
  const engines: RedisEngine[] = [];
  const address = redisAddress(url);
  return {
    engine: async () => {
      const engine = new RedisEngine({ address, lease });
      engines.push(engine);
      await engine.open();
      return engine;
    },
    // Redis' own clock decides; what can be moved is until when leases hold.
    runOut: async () =>
      run(
        'EVAL',
        "for _, key in ipairs(redis.call('KEYS', '*}:leases')) do for _, incarnation in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZADD', key, 1, incarnation) end end",
        '0',
      ),
    wipe: async () => run('FLUSHALL'),
    end: async () => engines.forEach((engine) => engine.close()),
  };
}
