/**
 * What it costs Redis to tell many processes of a change, and a process to hear of it: `node bench/redis-fanout.mjs
 * --processes 100` after a build. It takes half a minute and needs Debian's redis-server. Exits with 2 where it couldn't
 * measure.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createClient } from '@redis/client';
import { MeasuredRedis } from './measured-redis.mjs';
import { MeasuredServer } from './measured-server.mjs';
import { RawClient } from './raw-client.mjs';

const changes = 2_000;
/** In how many sessions, and how long after one another, in ms: no two of them are one change. */
const sessions = 50;
const interval = 10;
const channel = 'changes';
/** As long as what is said of one connection that joined. */
const message = 'x'.repeat(200);

const { values } = parseArgs({ options: { processes: { type: 'string', default: '100' } } });
const processes = Number(values.processes);

/** In CPU seconds for each change and process. */
async function costOfTelling(redis) {
  const clients = Array.from({ length: processes + 1 }, () => createClient({ url: redis.url }));
  try {
    const [publisher, ...subscribers] = clients;
    await Promise.all(clients.map((client) => client.connect()));
    let awaited = changes * processes;
    const heard = new Promise((resolve) => {
      const hear = () => --awaited || resolve();
      for (const subscriber of subscribers) void subscriber.sSubscribe(channel, hear);
    });
    await Promise.all(subscribers.map((subscriber) => subscriber.ping()));
    const before = redis.measure();
    // One after the other, as changes come: no two of them share a write.
    for (let change = 0; change < changes; change++) await publisher.sPublish(channel, message);
    await heard;
    return (redis.measure().cpu - before.cpu) / changes / processes;
  } finally {
    for (const client of clients) client.destroy();
  }
}

/** In CPU seconds for each change: of a process that has one client in each session, who is told of it. */
async function costOfHearing(redis) {
  const [joined, hearing] = await Promise.all(
    [1, 2].map(() => new MeasuredServer({ REDIS_URL: redis.url }).start()),
  );
  const clients = Array.from({ length: changes }, () => new RawClient());
  const observers = Array.from({ length: sessions }, () => new RawClient());
  try {
    const tokens = await Promise.all(observers.map((_, index) => joined.token(`s${index}`)));
    const join = (index) => ({ sessionId: `s${index % sessions}`, token: tokens[index % sessions] });
    for (const [index, observer] of observers.entries()) {
      await observer.join({ port: hearing.port, observe: true, ...join(index) });
    }
    const spent = async (action) => {
      const before = await hearing.measure(true);
      await action();
      return (await hearing.measure()).cpu - before.cpu;
    };
    const idle = await spent(() => delay(changes * interval));
    const busy = await spent(async () => {
      for (const [index, client] of clients.entries()) {
        void client.join({ port: joined.port, ...join(index) });
        await delay(interval);
      }
      while (!observers.every(({ count }) => count === changes / sessions)) await delay(interval);
    });
    return (busy - idle) / changes;
  } finally {
    for (const client of [...clients, ...observers]) client.leave();
    await Promise.all([joined, hearing].map((server) => server.stop()));
  }
}

const redis = await new MeasuredRedis().start();
try {
  const inMicroseconds = (seconds) => (seconds * 1e6).toFixed(2).padStart(8);
  console.log(`${processes} processes are told of ${changes} changes`);
  console.log(`  telling one of one change   ${inMicroseconds(await costOfTelling(redis))} CPU µs of Redis`);
  console.log(
    `  hearing of one change       ${inMicroseconds(await costOfHearing(redis))} CPU µs of a process`,
  );
} catch (error) {
  console.error(error);
  process.exitCode = 2;
} finally {
  await redis.stop();
}
