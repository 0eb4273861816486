/**
 * What connections cost the built server that do nothing but watch the number: `npm run bench`, or
 * `node bench/idle-connections.mjs --connections 2000 --idle 10` after a build. It takes two minutes, and 10,100 open
 * files of this process and of the server (`ulimit -n`). Exits with 1 where the memory of a connection is more than
 * promised, with 2 where it couldn't measure.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MeasuredServer } from './measured-server.mjs';
import { joinAll, RawClient } from './raw-client.mjs';
import { mostSteal, stealSince } from './steal.mjs';

/** What is promised, for 10,000 connections. Only memory doesn't depend on the computer. */
const promises = { bytesPerConnection: 8 * 1024, idlePercent: 2, stormSeconds: 2.5, bytesPerClient: 600 };
/** In ms: what takes longer has gone wrong. */
const longestRun = 300_000;

const { values } = parseArgs({
  options: { connections: { type: 'string', default: '10000' }, idle: { type: 'string', default: '30' } },
});
const connections = Number(values.connections);
const idleSeconds = Number(values.idle);

/** Measures a server with all connections spread over so many sessions of the same size. */
async function measure(sessions) {
  const size = connections / sessions;
  const server = await new MeasuredServer().start();
  const observer = new RawClient();
  const clients = Array.from({ length: connections }, () => new RawClient());
  try {
    const tokens = await Promise.all(
      Array.from({ length: sessions }, (_, index) => server.token(`s${index}`)),
    );
    const joins = clients.map((_, index) => ({
      port: server.port,
      sessionId: `s${index % sessions}`,
      token: tokens[index % sessions],
    }));
    await observer.join({ ...joins[0], observe: true });
    const before = await server.measure(true);
    stealSince();
    await joinAll(clients, joins);
    // The last of them were told by their own joins; the first ones are told last.
    while (![observer, ...clients].every(({ count }) => count === size)) await delay(50);
    const joined = await server.measure();
    const bytesOfAll = clients.reduce((sum, { bytes }) => sum + bytes, 0);
    const bytesOfFirst = observer.bytes;
    await delay(idleSeconds * 1000);
    const idle = await server.measure();
    const steal = stealSince();
    const full = await server.measure(true);
    return {
      sessions,
      bytesPerConnection: (full.rss - before.rss) / connections,
      heapPerConnection: (full.heapUsed - before.heapUsed) / connections,
      stormSeconds: joined.cpu - before.cpu,
      idlePercent: ((idle.cpu - joined.cpu) / idleSeconds) * 100,
      bytesPerClient: bytesOfAll / connections,
      bytesOfFirst,
      steal,
    };
  } finally {
    for (const client of [observer, ...clients]) client.leave();
    await server.stop();
  }
}

/** One line: what was measured, and whether it is as promised. */
function report(name, value, unit, promise) {
  const promised =
    promise === undefined ? '' : `  promised ${promise} ${unit}: ${value <= promise ? 'kept' : 'MISSED'}`;
  console.log(`  ${name.padEnd(28)}${value.toFixed(value < 100 ? 2 : 0).padStart(8)} ${unit}${promised}`);
}

setTimeout(() => {
  console.error(`Nothing was measured within ${longestRun / 1000} s`);
  process.exit(2);
}, longestRun).unref();

try {
  for (const sessions of [1, connections / 4]) {
    const result = await measure(sessions);
    const isCalm = result.steal <= mostSteal;
    const stormSeconds = (result.stormSeconds / connections) * 10_000;
    const idlePercent = (result.idlePercent / connections) * 10_000;
    console.log(`${connections} connections, ${sessions} session${sessions > 1 ? 's' : ''}`);
    report('memory of a connection', result.bytesPerConnection, 'bytes', promises.bytesPerConnection);
    report('of it JavaScript heap', result.heapPerConnection, 'bytes');
    if (isCalm) {
      report('10,000 joins with tokens', stormSeconds, 'CPU s', promises.stormSeconds);
      report('10,000 idle', idlePercent, '% CPU', promises.idlePercent);
    } else {
      console.log(
        `  Others took ${(result.steal * 100).toFixed(1)} % of this computer: no CPU time means anything`,
      );
    }
    report('sent to a client', result.bytesPerClient, 'bytes', promises.bytesPerClient);
    report('to one that saw all joins', result.bytesOfFirst, 'bytes');
    if (result.bytesPerConnection > promises.bytesPerConnection) process.exitCode = 1;
  }
} catch (error) {
  console.error(error);
  process.exitCode = 2;
}
