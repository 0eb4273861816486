/**
 * What several built servers cost the Redis that they share, and what it costs them: `npm run bench:redis`, or
 * `node bench/redis.mjs --processes 3 --connections 3000 --idle 10` after a build. It takes two minutes, needs Debian's
 * redis-server, and as many open files of this process as connections (`ulimit -n`). deploy/capacity.md says what
 * follows of it. Exits with 2 where it couldn't measure.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MeasuredRedis } from './measured-redis.mjs';
import { MeasuredServer } from './measured-server.mjs';
import { joinAll, RawClient } from './raw-client.mjs';
import { mostSteal, stealSince } from './steal.mjs';

/** In ms. */
const settling = 5_000;
/** In ms: what takes longer has gone wrong. */
const longestRun = 300_000;

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '3' },
    connections: { type: 'string', default: '9000' },
    idle: { type: 'string', default: '20' },
  },
});
const processes = Number(values.processes);
const connections = Number(values.connections);
const idleSeconds = Number(values.idle);

/** What the servers use in all: see {@link MeasuredServer.measure}. */
async function measureAll(servers, collect) {
  const all = await Promise.all(servers.map((server) => server.measure(collect)));
  return { cpu: sum(all.map(({ cpu }) => cpu)), rss: sum(all.map(({ rss }) => rss)) };
}
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** Measures with all connections spread over the servers, and over so many sessions of the same size. */
async function measure(sessions) {
  const redis = await new MeasuredRedis().start();
  const servers = [];
  const clients = Array.from({ length: connections }, () => new RawClient());
  try {
    for (let index = 0; index < processes; index++) {
      servers.push(await new MeasuredServer({ REDIS_URL: redis.url }).start());
    }
    const tokens = await Promise.all(
      Array.from({ length: sessions }, (_, index) => servers[0].token(`s${index}`)),
    );
    // Those of one session are spread over the servers too.
    const joins = clients.map((_, index) => ({
      port: servers[Math.floor(index / sessions) % processes].port,
      sessionId: `s${index % sessions}`,
      token: tokens[index % sessions],
    }));
    const [before, redisBefore] = [await measureAll(servers, true), redis.measure()];
    stealSince();
    await joinAll(clients, joins);
    while (!clients.every(({ count }) => count === connections / sessions)) await delay(50);
    const [joined, redisJoined] = [await measureAll(servers), redis.measure()];
    // What the storm left to do is no part of idling.
    await delay(settling);
    const [calm, redisCalm] = [await measureAll(servers, true), redis.measure()];
    await delay(idleSeconds * 1000);
    const [idle, redisIdle] = [await measureAll(servers), redis.measure()];
    const steal = stealSince();
    const perSecond = (from, to) => (to - from) / idleSeconds;
    return {
      steal,
      redisBytes: redisIdle.memory - redisBefore.memory,
      serverBytes: calm.rss - before.rss,
      joinCpu: joined.cpu - before.cpu,
      redisJoinCpu: redisJoined.cpu - redisBefore.cpu,
      joinScripts: redisJoined.scripts - redisBefore.scripts,
      joinTraffic: redisJoined.traffic - redisBefore.traffic,
      idlePercent: 100 * perSecond(calm.cpu, idle.cpu),
      redisIdlePercent: 100 * perSecond(redisCalm.cpu, redisIdle.cpu),
      idleScripts: perSecond(redisCalm.scripts, redisIdle.scripts),
      idleTraffic: perSecond(redisCalm.traffic, redisIdle.traffic),
    };
  } finally {
    for (const client of clients) client.leave();
    await Promise.all(servers.map((server) => server.stop()));
    await redis.stop();
  }
}

function report(name, value, unit) {
  console.log(`  ${name.padEnd(40)}${value.toFixed(value < 100 ? 2 : 0).padStart(8)} ${unit}`);
}

setTimeout(() => {
  console.error(`Nothing was measured within ${longestRun / 1000} s`);
  process.exit(2);
}, longestRun).unref();

try {
  for (const sessions of [1, connections / 4]) {
    const result = await measure(sessions);
    console.log(
      `${connections} connections, ${sessions} session${sessions > 1 ? 's' : ''}, ${processes} processes`,
    );
    report('memory of Redis, for a connection', result.redisBytes / connections, 'bytes');
    report('memory of servers, for a connection', result.serverBytes / connections, 'bytes');
    report('1,000 joins: scripts', (result.joinScripts / connections) * 1000, '');
    report('1,000 joins: to and from Redis', ((result.joinTraffic / connections) * 1000) / 1024, 'KiB');
    report('idle: scripts in a second', result.idleScripts, '');
    report('idle: to and from Redis in a second', result.idleTraffic / 1024, 'KiB');
    if (result.steal > mostSteal) {
      console.log(
        `  Others took ${(result.steal * 100).toFixed(1)} % of this computer: no CPU time means anything`,
      );
      continue;
    }
    report('1,000 joins: servers', (result.joinCpu / connections) * 1000, 'CPU s');
    report('1,000 joins: Redis', (result.redisJoinCpu / connections) * 1000, 'CPU s');
    report('idle: servers', result.idlePercent, '% CPU');
    report('idle: Redis', result.redisIdlePercent, '% CPU');
  }
} catch (error) {
  console.error(error);
  process.exitCode = 2;
}
