import { after } from 'node:test';
import {
  adminLine,
  advisedConfiguration,
  advisedUser,
  asAdmin,
  asAdvisedUser,
} from '../redis/advised-user.js';
import { testEngine } from '../redis/engine-contract.js';
import { ClusterGroup, SentinelGroup } from '../redis/redis-group.js';
import { RedisServer, withoutRedis } from '../redis/redis-server.js';
import { memoryEngines, redisEngines } from '../redis/roster-engines.js';

testEngine('in memory', false, async () => memoryEngines());

const skip = withoutRedis();
const server = new RedisServer([], () => advisedConfiguration + adminLine);
after(() => server.remove());
testEngine('on Redis', skip, async () => {
  await server.start();
  return redisEngines(asAdvisedUser(server.url), (...command) => server.command(...asAdmin, ...command));
});

const sentinels = new SentinelGroup();
after(() => sentinels.remove());
testEngine('on Redis with Sentinel', skip, async () => {
  await sentinels.start();
  return redisEngines(sentinels.url, (...command) => sentinels.master.command(...command));
});

const cluster = new ClusterGroup();
after(() => cluster.remove());
testEngine('on Redis Cluster', skip, async () => {
  await cluster.start();
  for (const node of cluster.nodes) node.command('ACL', 'SETUSER', ...advisedUser);
  return redisEngines(asAdvisedUser(cluster.url), (...command) => {
    for (const node of cluster.nodes) node.command(...command);
  });
});
