/**
 * What it costs Redis to tell many processes of one change: `node bench/redis-fanout.mjs --processes 100`. It takes some
 * seconds and needs Debian's redis-server. Exits with 2 where it couldn't measure.
 */
import { parseArgs } from 'node:util';
import { createClient } from '@redis/client';
import { MeasuredRedis } from './measured-redis.mjs';

const changes = 2_000;
const channel = 'changes';
/** As long as what is said of one connection that joined. */
const message = 'x'.repeat(200);

const { values } = parseArgs({ options: { processes: { type: 'string', default: '100' } } });
const processes = Number(values.processes);

const redis = await new MeasuredRedis().start();
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
  const { cpu } = redis.measure();
  const each = (cpu - before.cpu) / changes / processes;
  console.log(`${processes} processes are told of ${changes} changes`);
  console.log(`  one change to one process  ${(each * 1e6).toFixed(2)} CPU µs of Redis`);
} catch (error) {
  console.error(error);
  process.exitCode = 2;
} finally {
  for (const client of clients) client.destroy();
  await redis.stop();
}
