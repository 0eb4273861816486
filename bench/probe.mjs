/**
 * Loaded into the measured server before its own code. Answers each message of the parent process with what the
 * server uses at that moment, and ends the server where the parent is gone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How often garbage is collected: what a first pass frees may hold what a later one can free. */
const collections = 4;

process.on('message', async ({ collect }) => {
  for (let done = 0; collect && done < collections; done++) {
    globalThis.gc();
    await nextTurn();
  }
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  process.send({ cpu: (user + system) / 1e6, rss, heapUsed });
});
// Node 20 was seen to stand still in an exit that comes while garbage is collected.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
