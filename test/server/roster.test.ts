import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryEngine, Roster, type RosterStep, type RosterEngine } from '../../src/server/roster/index.js';

const lease = 5_000;

/** A roster on an engine of which some methods are others, and its clock. */
function rosterOn(
  engine: RosterEngine,
  changed: Partial<RosterEngine> = {},
): { roster: Roster; pass: (ms: number) => void } {
  let time = 0;
  const whole: RosterEngine = {
    renew: (incarnation) => engine.renew(incarnation),
    apply: (batch) => engine.apply(batch),
    reap: () => engine.reap(),
    read: (id) => engine.read(id),
    list: (id) => engine.list(id),
    recognise: (id, key) => engine.recognise(id, key),
    askForRemoval: (id, connectionId) => engine.askForRemoval(id, connectionId),
    watch: (id, listener, onNotice) => engine.watch(id, listener, onNotice),
    onReturn: (listener) => engine.onReturn(listener),
    ...changed,
  };
  const clock = (): number => time;
  const pause = async (): Promise<void> => {};
  const roster = new Roster({ engine: whole, lease, now: clock, steadyNow: clock, pause });
  return { roster, pass: (ms) => (time += ms) };
}

const add = (roster: Roster): string => {
  const connection = roster.newConnection('');
  roster.add('lobby', connection);
  return connection.connectionId;
};

test('watchers whom changes do not reach are told by a comparison', async () => {
  const engine = new MemoryEngine();
  const deaf = rosterOn(engine, { watch: () => () => {} });
  const other = rosterOn(engine);
  const told = new Promise<RosterStep>((resolve) => deaf.roster.watch('lobby', resolve));
  add(other.roster);
  await other.roster.write('lobby');
  await deaf.roster.reconcile('lobby');
  const { count, from, seq } = await told;
  assert.deepEqual({ count, from, seq }, { count: 1, from: 1, seq: 1 });
});

test('a write whose answer got lost is made again, counts nobody twice and knows why who left', async () => {
  const engine = new MemoryEngine();
  let failures = 2;
  const { roster } = rosterOn(engine, {
    apply: async (batch) => {
      const state = await engine.apply(batch);
      if (failures-- > 0) throw new Error('no answer');
      return state;
    },
  });
  const reasons: string[] = [];
  engine.watch('lobby', ({ destroyed }) => reasons.push(...destroyed.map(({ reason }) => reason)));
  const left = add(roster);
  const stays = add(roster);
  const written = roster.write('lobby');
  roster.remove('lobby', left, 'clientDisconnected');
  await written;
  assert.equal((await roster.write('lobby')).count, 1);
  const { connections } = await roster.list('lobby');
  assert.deepEqual(
    connections.map(({ connectionId }) => connectionId),
    [stays],
  );
  assert.deepEqual(reasons, ['clientDisconnected']);
});

test('after a gap longer than its lease a process asks first, and goes on as it was where it may', async () => {
  const engine = new MemoryEngine({ lease });
  const { roster, pass } = rosterOn(engine);
  await roster.renew();
  const id = add(roster);
  await roster.write('lobby');
  pass(3 * lease);
  const another = add(roster);
  assert.equal((await roster.write('lobby')).count, 2);
  const { connections } = await roster.list('lobby');
  assert.deepEqual(
    connections.map(({ connectionId }) => connectionId),
    [id, another],
  );
});

test('what the engine lost of a process alone is noticed by a comparison', async () => {
  const engine = new MemoryEngine();
  let lost: string | undefined;
  const { roster } = rosterOn(engine, {
    apply: (batch) => {
      const destroyed =
        lost === undefined ? [] : [{ reason: 'networkDisconnected' as const, connections: [lost] }];
      lost = undefined;
      return engine.apply({ ...batch, destroyed: [...batch.destroyed, ...destroyed] });
    },
  });
  const id = add(roster);
  add(roster);
  await roster.write('lobby');
  lost = id;
  await roster.reconcile('lobby');
  assert.equal((await roster.read('lobby')).count, 2);
});

test('nobody is reaped by a process whose renewals the engine lost, until its lease was whole again', async () => {
  const engine = new MemoryEngine({ lease });
  let [looks, behind] = [0, false];
  const { roster, pass } = rosterOn(engine, {
    renew: async (incarnation) => {
      const held = await engine.renew(incarnation);
      return behind ? 'behind' : held;
    },
    reap: async () => void looks++,
  });
  const renewFor = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      pass(lease / 2);
      await roster.renew();
    }
  };
  await roster.renew();
  await renewFor(4);
  await roster.reap();
  assert.equal(looks, 1);
  behind = true;
  await renewFor(1);
  behind = false;
  await roster.reap();
  await renewFor(1);
  await roster.reap();
  assert.equal(looks, 1);
  await renewFor(2);
  await roster.reap();
  assert.equal(looks, 2);
});
