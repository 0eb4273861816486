import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RedisServer, withoutRedis } from '../redis/redis-server.js';

const program = fileURLToPath(new URL('replay.ts', import.meta.url));
const schedules = process.env.SCHEDULES ?? '300';
const redis = new RedisServer();
after(() => redis.remove());

test(
  `what ${schedules} schedules ask the engine has the same answers on Redis`,
  { skip: withoutRedis() },
  async () => {
    await redis.start();
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', program, `${redis.port}`],
      { env: { ...process.env, SCHEDULES: schedules } },
    );
    assert.equal(stdout, `replayed ${schedules} schedules\n`);
  },
);
