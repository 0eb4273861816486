/**
 * What several built servers cost the Redis that they share, and what it costs them: `npm run bench:redis`, or
 * `node bench/redis.mjs --processes 3 --connections 3000 --idle 10` after a build. It takes two minutes, and needs
 * Debian's redis-server, and as many open files of this process as connections (`ulimit -n`). What follows of it is in
 * deploy/capacity.md. Exits with 2 where it couldn't measure.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MeasuredRedis } from './measured-redis.mjs';
import { MeasuredServer } from './measured-server.mjs';
import { joinAll, RawClient } from './raw-client.mjs';
import { mostSteal, stealSince } from './steal.mjs';

/** In ms: how long a storm of joins has effects that are no part of idling. */
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

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** What has been used until now, by all servers and by their Redis. */
async function used(servers, redis, collect = false) {
  const measured = await Promise.all(servers.map((server) => server.measure(collect)));
  const { cpu, scripts, traffic, memory } = redis.measure();
  return {
    seconds: performance.now() / 1000,
    servers: sum(measured.map((server) => server.cpu)),
    redis: cpu,
    scripts,
    traffic,
    serverMemory: sum(measured.map(({ rss }) => rss)),
    redisMemory: memory,
  };
}

const less = (from, other) =>
  Object.fromEntries(Object.entries(from).map(([name, value]) => [name, value - other[name]]));
const times = (of, factor) =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, value * factor]));

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
    const before = await used(servers, redis, true);
    stealSince();
    await joinAll(clients, joins);
    while (!clients.every(({ count }) => count === connections / sessions)) await delay(50);
    const joined = await used(servers, redis);
    await delay(settling);
    const calm = await used(servers, redis, true);
    await delay(idleSeconds * 1000);
    const idle = less(await used(servers, redis), calm);
    return {
      perConnection: times(less(calm, before), 1 / connections),
      // With what is compared meanwhile, as it is while idle.
      perThousand: times(less(joined, before), 1000 / connections),
      perSecond: times(idle, 1 / idle.seconds),
      steal: stealSince(),
    };
  } finally {
    for (const client of clients) client.leave();
    await Promise.all(servers.map((server) => server.stop()));
    await redis.stop();
  }
}

function report(name, value, unit) {
  console.log(`  ${name.padEnd(32)}${value.toFixed(value < 100 ? 2 : 0).padStart(8)} ${unit}`);
}

setTimeout(() => {
  console.error(`Nothing was measured within ${longestRun / 1000} s`);
  process.exit(2);
}, longestRun).unref();

try {
  for (const sessions of [1, connections / 4]) {
    const { perConnection, perThousand, perSecond, steal } = await measure(sessions);
    console.log(
      `${connections} connections, ${sessions} session${sessions > 1 ? 's' : ''}, ${processes} processes`,
    );
    report('memory of a connection, Redis', perConnection.redisMemory, 'bytes');
    report('memory of a connection, servers', perConnection.serverMemory, 'bytes');
    report('1,000 joins, scripts of Redis', perThousand.scripts, '');
    report('1,000 joins, to and from Redis', perThousand.traffic / 1024, 'KiB');
    report('idle, scripts of Redis', perSecond.scripts, 'in a second');
    report('idle, to and from Redis', perSecond.traffic / 1024, 'KiB in a second');
    if (steal > mostSteal) {
      console.log(`  Others took ${(steal * 100).toFixed(1)} % of this computer: no CPU time means anything`);
      continue;
    }
    report('1,000 joins, servers', perThousand.servers, 'CPU s');
    report('1,000 joins, Redis', perThousand.redis, 'CPU s');
    report('idle, servers', perSecond.servers * 100, '% CPU');
    report('idle, Redis', perSecond.redis * 100, '% CPU');
  }
} catch (error) {
  console.error(error);
  process.exitCode = 2;
}
