import { readFileSync } from 'node:fs';
import { after } from 'node:test';
import { testEngine } from '../redis/engine-contract.js';
import { ClusterGroup, SentinelGroup } from '../redis/redis-group.js';
import { RedisServer, withoutRedis } from '../redis/redis-server.js';
import { memoryEngines, redisEngines } from '../redis/roster-engines.js';

testEngine('in memory', false, async () => memoryEngines());

const skip = withoutRedis();
// Set up as an operator is told to, with a user that may do no more than it has to.
const configuration = readFileSync(new URL('../../deploy/cluster/redis.conf', import.meta.url), 'utf8');
const [, user, ...rules] = /^user session-.*$/m.exec(configuration)![0].split(' ');
const asUser = (url: string): string => url.replace('//', `//${user}:PASSWORD@`);
const admin = ['--no-auth-warning', '--user', 'admin', '--pass', 'PASSWORD'];

const server = new RedisServer([], () => `${configuration}user admin on >PASSWORD ~* &* +@all\n`);
after(() => server.remove());
testEngine('on Redis', skip, async () => {
  await server.start();
  return redisEngines(asUser(server.url), (...command) => server.command(...admin, ...command));
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
  for (const node of cluster.nodes) node.command('ACL', 'SETUSER', user!, ...rules);
  return redisEngines(asUser(cluster.url), (...command) => {
    for (const node of cluster.nodes) node.command(...command);
  });
});
