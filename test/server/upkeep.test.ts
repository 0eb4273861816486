import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { RosterUpkeep, type Roster } from '../../src/server/roster/index.js';

const lease = 5_000;

/** The upkeep of a roster with some sessions, what it does in 10 s, and when each session is compared, in ms. */
async function watch(context: TestContext, sessions: number): Promise<Map<string, number[]>> {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let time = 0;
  context.mock.method(performance, 'now', () => time);
  const done = new Map<string, number[]>();
  const note = async (what: string): Promise<void> => {
    done.set(what, [...(done.get(what) ?? []), time]);
  };
  const ids = Array.from({ length: sessions }, (_, index) => `session ${index}`);
  const roster = {
    renew: () => note('renew'),
    reap: () => note('reap'),
    reconcile: (id: string) => note(id),
    sessions: () => ids.values(),
  } as unknown as Roster;
  const upkeep = new RosterUpkeep(roster, lease);
  upkeep.start();
  for (; time < 10_000; time += 5) {
    context.mock.timers.tick(5);
    // What is done one after the other goes on in between.
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
  }
  upkeep.stop();
  return done;
}

for (const sessions of [1, 100]) {
  test(`each of ${sessions} sessions is compared every 2 s`, async (context) => {
    const done = await watch(context, sessions);
    for (let index = 0; index < sessions; index++) {
      const times = done.get(`session ${index}`)!;
      assert.ok(times.length >= 3 && times.length <= 5, `${times.length} times in 10 s`);
    }
  });
}

test('a lease is renewed three times while it lasts, and the dead are looked for every second', async (context) => {
  const done = await watch(context, 0);
  const renewals = done.get('renew')!;
  assert.ok(renewals.length >= 5, `${renewals.length} renewals in 10 s`);
  const looks = done.get('reap')!;
  assert.ok(looks.length >= 7 && looks.length <= 14, `${looks.length} looks in 10 s`);
});

test('a session that can not be compared keeps no other waiting', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const compared: string[] = [];
  const roster = {
    renew: async () => {},
    reap: async () => {},
    reconcile: (id: string) => {
      compared.push(id);
      return new Promise(() => {});
    },
    sessions: () => ['stuck', 'other'].values(),
  } as unknown as Roster;
  const upkeep = new RosterUpkeep(roster, lease);
  upkeep.start();
  for (let turn = 0; turn < 20; turn++) {
    context.mock.timers.tick(100);
    await Promise.resolve();
    await Promise.resolve();
  }
  upkeep.stop();
  assert.deepEqual(compared.slice(0, 2), ['stuck', 'other']);
});
