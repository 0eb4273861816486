import { suite, test } from 'node:test';
import { withoutRedis } from '../redis/redis-server.js';
import { soak } from './soak.js';

suite('three processes and a Redis', { skip: withoutRedis(), timeout: 240_000 }, () => {
  test('have the truth again after whatever goes wrong while clients come and go', async (context) => {
    await soak({ seconds: 50, seed: 1 }, (line) => context.diagnostic(line));
  });
});
