import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { SignJWT } from 'jose';
import { CloseCode } from '../../src/protocol/index.js';
import { managementToken } from '../server/made-tokens.js';
import { project, ServerProcess } from '../system/server-process.js';
import { Witness } from '../system/witness.js';
import { join, Member } from './member.js';
import { RedisServer, withoutRedis } from './redis-server.js';

const keyPair = { apiKey: project.API_KEY, apiSecret: project.API_SECRET };

const expiredToken = (session: string): Promise<string> =>
  new SignJWT({ scope: 'session.connect', session_id: session, role: 'subscriber' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(keyPair.apiKey)
    .setIssuedAt()
    .setExpirationTime('-10m')
    .sign(new TextEncoder().encode(keyPair.apiSecret));

suite('several processes on one Redis', { skip: withoutRedis() }, () => {
  const redis = new RedisServer();
  let servers: ServerProcess[];
  let witnesses: Witness[];
  before(async () => {
    await redis.start();
    servers = [1, 2].map(() => new ServerProcess({ ...project, REDIS_URL: redis.url, DRAIN_TIMEOUT: '1' }));
    await Promise.all(servers.map((server) => server.start()));
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    await redis.remove();
  });

  let session: string;
  let first: string;
  let sessions = 0;
  beforeEach(async () => {
    session = `session ${++sessions}`;
    // Changes are told to who has a list already, which begins with the first connection of all.
    first = await join(servers[0]!, session);
    witnesses = await Promise.all(servers.map((server) => new Witness().watch(server, session)));
  });
  const all = (check: (witness: Witness) => boolean): Promise<unknown> =>
    Promise.all(witnesses.map((witness) => witness.until(() => check(witness))));
  const joinEach = (count: number): Promise<string[][]> =>
    Promise.all(
      servers.map((server) => Promise.all(Array.from({ length: count }, () => join(server, session)))),
    );
  const happened = (witness: Witness, what: 'created' | 'destroyed'): string[] =>
    witness.events.flatMap((event) => event[what] ?? []).sort();

  test('count who is connected to any of them', async () => {
    const ids = (await joinEach(20)).flat().sort();
    await all(({ present }) => present.size === 41);
    for (const witness of witnesses) {
      assert.deepEqual([...witness.present].sort(), [first, ...ids].sort());
      assert.deepEqual(happened(witness, 'created'), ids);
      witness.close();
    }
  });

  test('know a client that comes back to another as the connection that it was', async () => {
    const [here, there] = servers as [ServerProcess, ServerProcess];
    const member = new Member();
    const { connection } = await member.join(here, session);
    await all(({ present }) => present.size === 2);
    for (const server of [there, here, there]) {
      member.breakOff();
      await member.closed;
      const back = await member.join(server, session);
      assert.deepEqual([back.connection, back.resumed, back.count], [connection, true, 2]);
    }
    // Somebody who has it already is told that it is elsewhere.
    const left = member.closed;
    await member.join(here, session);
    assert.equal(await left, CloseCode.superseded);
    // Its token need not last, now that it is in the count.
    member.breakOff();
    const expired = await expiredToken(session);
    assert.equal((await member.join(there, session, expired)).resumed, true);
    await assert.rejects(new Member().join(there, session, expired), /4401/);
    const last = await join(here, session);
    await all(({ present }) => present.has(last));
    for (const witness of witnesses) {
      assert.deepEqual(happened(witness, 'destroyed'), []);
      witness.close();
    }
  });

  test("remove each other's connections, who stay out of all of them", async () => {
    const [here, there] = servers as [ServerProcess, ServerProcess];
    const member = new Member();
    const { connectionId } = (await member.join(here, session)).connection!;
    await all(({ present }) => present.has(connectionId));
    const remove = async (id: string): Promise<number> => {
      const path = `/v2/project/${project.API_KEY}/session/${encodeURIComponent(session)}/connection/${id}`;
      const headers = { 'X-OPENTOK-AUTH': await managementToken(keyPair) };
      return (await fetch(there.url + path, { method: 'DELETE', headers })).status;
    };
    assert.equal(await remove(connectionId), 204);
    assert.equal(await member.closed, CloseCode.removed);
    assert.equal(await remove(connectionId), 404);
    for (const server of servers) {
      await assert.rejects(member.join(server, session), /4403/);
    }
    await all(({ present }) => present.size === 1);
    for (const witness of witnesses) {
      assert.deepEqual(
        witness.events.filter(({ destroyed }) => destroyed).map(({ reason }) => reason),
        ['forceDisconnected'],
      );
      witness.close();
    }
  });

  test('tell once of each connection of one that died, and of no other', async () => {
    const [mine, lost] = (await joinEach(20)) as [string[], string[]];
    const [witness] = witnesses as [Witness];
    await all(({ present }) => present.size === 41);
    await servers[1]!.stop('SIGKILL');
    await witness.until(() => witness.present.size <= 21);
    assert.deepEqual([...witness.present].sort(), [first, ...mine].sort());
    assert.deepEqual(happened(witness, 'destroyed'), lost.sort());
    const reasons = new Set(witness.events.flatMap(({ reason }) => reason ?? []));
    assert.deepEqual([...reasons], ['networkDisconnected']);
    witness.close();
    await servers[1]!.start();
  });

  test('take over the clients of one that is stopped, and tell once of those who do not come', async () => {
    const [here, stopped] = servers as [ServerProcess, ServerProcess];
    const [witness] = witnesses as [Witness];
    const member = new Member();
    const { connection } = await member.join(stopped, session);
    const [, lost] = (await joinEach(5)) as [string[], string[]];
    await all(({ present }) => present.size === 12);
    await stopped.stop('SIGTERM');
    assert.equal(await member.closed, CloseCode.restart);
    const back = await member.join(here, session);
    assert.deepEqual([back.connection, back.resumed, back.count], [connection, true, 12]);
    await witness.until(() => witness.present.size <= 7);
    assert.deepEqual(happened(witness, 'destroyed'), lost.sort());
    witness.close();
    await stopped.start();
  });

  test('have everyone again after the Redis lost everything', async () => {
    const ids = (await joinEach(20)).flat().sort();
    await all(({ present }) => present.size === 41);
    await redis.stop('SIGKILL');
    await redis.start();
    const later = (await joinEach(1)).flat();
    await all(({ present }) => present.size === 43 && later.every((id) => present.has(id)));
    for (const witness of witnesses) {
      assert.deepEqual([...witness.present].sort(), [first, ...ids, ...later].sort());
      assert.deepEqual(happened(witness, 'destroyed'), []);
      witness.close();
    }
  });
});
