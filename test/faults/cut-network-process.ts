/**
 * What happens to clients whose network is cut without a word. To be run in the servers' namespace, where it starts
 * servers, and clients in the other; prints what it measured, and fails where something is not as it should be.
 *
 * Arguments: the clients' namespace, the servers' address.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { silenceLimit } from '../../src/server/live-session/index.js';
import type { ServerProcess } from '../system/server-process.js';
import { measured, withSlack } from './bounds.js';
import { plug } from './namespaces.js';
import type { ObservedSession, Participant } from './observed-session.js';
import { scenario } from './scenario.js';

const [near, address] = process.argv.slice(2) as [string, string];
const program = fileURLToPath(new URL('remote-clients-process.ts', import.meta.url));
const remotes = 10;

/** Session clients on the other side of the cable, and what ends them. */
async function joinRemotely(
  session: ObservedSession,
  server: ServerProcess,
): Promise<{ clients: Participant[]; end: () => void }> {
  const token = await server.token('subscriber', session.sessionId);
  const args = [server.url, session.sessionId, token, `${remotes}`];
  const child = spawn('ip', ['netns', 'exec', near, process.execPath, '--import', 'tsx', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let ids: (string | null)[] = [];
  createInterface(child.stdout).on('line', (line) => {
    ids = JSON.parse(line) as typeof ids;
    session.emit('news');
  });
  const end = (): boolean => child.kill('SIGKILL');
  const clients = Array.from({ length: remotes }, (_, index) => ({
    get connectionId() {
      return ids[index] ?? undefined;
    },
    leave: end,
  }));
  for (const client of clients) session.members.add(client);
  await session.until(() => ids.filter(Boolean).length === remotes, 15_000, 'the remote clients join');
  return { clients, end };
}

await scenario({ size: 2, settings: () => ({ HOST: address }) }, async ({ fleet }) => {
  const session = await fleet.observe('cut');
  const [here, there] = fleet.servers as [ServerProcess, ServerProcess];
  const rest = await session.joinMany(there, 3);
  const { clients, end } = await joinRemotely(session, here);
  try {
    await session.truth(5_000);
    const ids = clients.map(({ connectionId }) => connectionId!);

    plug(near, false);
    await wait(5_000);
    plug(near, true);
    await session.truth(5_000, { calm: 3_000 });
    assert.deepEqual(session.departures(there), {});
    assert.deepEqual(
      clients.map(({ connectionId }) => connectionId),
      ids,
    );
    console.log('a network that was away for 5 s: nobody left');

    plug(near, false);
    const since = performance.now();
    const took = await session.truth(silenceLimit + withSlack(2_000), { of: rest, since });
    console.log(measured('a network that stays away: all are out', took, silenceLimit + 2_000));
    // Somebody may have been heard of for the last time one round of pings before.
    assert.ok(took >= silenceLimit - 11_000, `they were out too early: after ${took} ms`);
    assert.deepEqual(session.departures(there), { networkDisconnected: remotes });
    for (const id of ids) assert.deepEqual(session.listOn(there).destroyed.get(id), ['networkDisconnected']);
  } finally {
    end();
    for (const client of clients) session.members.delete(client);
  }
});
