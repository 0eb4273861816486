/**
 * A session server as a process of its own, which says what it holds when asked. For fork(), with the server's options
 * as JSON.
 */
import { createPublicKey } from 'node:crypto';
import { createSessionServer, type SessionServerOptions } from '../../src/server/index.js';
import type { Holding, ServedOptions } from './measured-server.js';

const { application, ...options } = JSON.parse(process.argv[2]!) as ServedOptions;
const server = createSessionServer({
  ...(options as SessionServerOptions),
  application: application && { ...application, publicKey: createPublicKey(application.publicKey) },
});
const { url } = await server.listen();

process.on('message', () => {
  // Once more for what the first left to finalizers.
  for (let pass = 0; pass < 2; pass++) gc!();
  const { rss, heapUsed, external } = process.memoryUsage();
  const holding: Holding = {
    memory: heapUsed + external,
    resident: rss,
    resources: process.getActiveResourcesInfo().length,
  };
  process.send!(holding);
});
process.on('disconnect', () => process.exit());
process.send!(url);
