import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import type { Connection } from '../../src/protocol/connection.js';
import type { RosterChange, RosterEngine, RosterStep } from '../../src/server/roster/index.js';
import type { PartedState, RosterBatch, RosterNotice } from '../../src/server/roster/roster-engine.js';
import type { RosterVersion } from '../../src/protocol/roster-version.js';
import type { EngineGroup } from './roster-engines.js';

const unseen = { epoch: 0, seq: 0 };
/** What a batch is answered with that found everything as its process believed it to be. */
const unsurprised = { moved: new Map(), away: [], removed: [] };
/** The state alone, without who has a part in it. */
const stateOf = <State extends PartedState>({ parts: _, ...state }: State): Omit<State, 'parts'> => state;
/** A change without whose part it was. */
const stepOf = ({ by: _by, own: _own, ...step }: RosterChange): RosterStep => step;
let names = 0;
/** A name that no other test uses. */
const unused = (what: string): string => `${what} ${++names}`;

const connection = (connectionId: string, data = ''): Connection => ({
  connectionId,
  creationTime: 1_795_477_975_816,
  data,
});
const connections = (...ids: string[]): Connection[] => ids.map((id) => connection(id));
const ids = (of: readonly Connection[]): string[] => of.map(({ connectionId }) => connectionId).sort();

let batches = 0;
const batch = (sessionId: string, incarnation: string, more: Partial<RosterBatch> = {}): RosterBatch => ({
  sessionId,
  incarnation,
  number: ++batches,
  created: [],
  destroyed: [],
  whole: false,
  seen: unseen,
  ...more,
});

/** Tests what every roster engine has to do. */
export function testEngine(name: string, skip: string | false, start: () => Promise<EngineGroup>): void {
  suite(`the roster engine ${name}`, { skip }, () => {
    let group: EngineGroup;
    let one: RosterEngine;
    let other: RosterEngine;
    before(async () => {
      group = await start();
      [one, other] = [await group.engine(), await group.engine()];
    });
    after(() => group?.end());

    /** Notes all changes of a session, as another process hears of them. */
    async function hear(sessionId: string): Promise<() => Promise<RosterStep[]>> {
      const changes: RosterStep[] = [];
      let hearMark = (): void => {};
      const unwatch = other.watch(sessionId, (change) => {
        if (change.created[0]?.connectionId === 'mark') hearMark();
        else changes.push(stepOf(change));
      });
      await other.read(sessionId);
      return async () => {
        // What was said before has been heard when this is.
        const marked = new Promise<void>((resolve) => (hearMark = resolve));
        await one.apply(batch(sessionId, unused('marker'), { created: connections('mark') }));
        await marked;
        unwatch();
        return changes;
      };
    }

    test('has nobody in a session that nobody was in', async () => {
      const session = unused('session');
      assert.deepEqual(await one.read(session), { epoch: 0, seq: 0, count: 0, parts: [] });
      assert.deepEqual(await one.list(session), { epoch: 0, seq: 0, count: 0, connections: [] });
      assert.deepEqual(await one.apply(batch(session, unused('process'))), {
        epoch: 0,
        seq: 0,
        count: 0,
        parts: [],
        own: 0,
        ...unsurprised,
      });
    });

    test('tells every process of who came, in the batch that they came in', async () => {
      const session = unused('session');
      const changes = await hear(session);
      const process = unused('process');
      const state = await one.apply(batch(session, process, { created: connections('a', 'b') }));
      assert.ok(state!.epoch > 0);
      const { epoch } = state!;
      const parts = [process];
      assert.deepEqual(state, { epoch, seq: 1, count: 2, parts, own: 2, ...unsurprised });
      assert.deepEqual(await other.read(session), { epoch, seq: 1, count: 2, parts });
      assert.deepEqual(await changes(), [
        { epoch, from: 0, seq: 1, count: 2, created: connections('a', 'b'), destroyed: [] },
      ]);
    });

    test('tells of who left and why, and of nobody who was not there', async () => {
      const session = unused('session');
      const process = unused('process');
      const changes = await hear(session);
      await one.apply(batch(session, process, { created: connections('a', 'b', 'c') }));
      const destroyed = [
        { reason: 'clientDisconnected' as const, connections: ['a', 'nobody'] },
        { reason: 'forceDisconnected' as const, connections: ['b'] },
        { reason: 'networkDisconnected' as const, connections: ['nobody else'] },
      ];
      const state = await one.apply(batch(session, process, { destroyed }));
      assert.equal(state!.count, 1);
      const [, change] = await changes();
      assert.deepEqual(change!.destroyed, [
        { reason: 'clientDisconnected', connections: ['a'] },
        { reason: 'forceDisconnected', connections: ['b'] },
      ]);
      assert.deepEqual([change!.from, change!.seq, change!.count], [1, 2, 1]);
    });

    test('says nothing where a batch changes nothing', async () => {
      const session = unused('session');
      const process = unused('process');
      const changes = await hear(session);
      const state = await one.apply(batch(session, process, { created: connections('a') }));
      const destroyed = [{ reason: 'clientDisconnected' as const, connections: ['b'] }];
      assert.deepEqual(
        await one.apply(batch(session, process, { created: connections('a'), destroyed })),
        state,
      );
      assert.deepEqual(await one.apply(batch(session, process)), state);
      assert.equal((await changes()).length, 1);
    });

    test('takes out who is not in a whole batch', async () => {
      const session = unused('session');
      const process = unused('process');
      const changes = await hear(session);
      await one.apply(batch(session, process, { created: connections('a', 'b', 'c') }));
      const destroyed = [{ reason: 'clientDisconnected' as const, connections: ['b'] }];
      await one.apply(batch(session, process, { created: connections('a', 'd'), destroyed, whole: true }));
      assert.deepEqual(ids((await other.list(session)).connections), ['a', 'd']);
      const [, change] = await changes();
      assert.deepEqual(change!.created, connections('d'));
      assert.deepEqual(change!.destroyed, [
        { reason: 'clientDisconnected', connections: ['b'] },
        { reason: 'networkDisconnected', connections: ['c'] },
      ]);
    });

    test('takes no notice of a batch that comes after a later one', async () => {
      const session = unused('session');
      const process = unused('process');
      await one.apply(batch(session, process, { created: connections('a') }));
      const late = batch(session, process, { created: connections('b') });
      const state = await one.apply(batch(session, process, { created: connections('c') }));
      assert.deepEqual(await one.apply(late), state);
      assert.deepEqual(ids((await one.list(session)).connections), ['a', 'c']);
    });

    test('lets each process write its own part alone', async () => {
      const session = unused('session');
      const [mine, theirs] = [unused('process'), unused('process')];
      await one.apply(batch(session, mine, { created: connections('a') }));
      const state = await other.apply(batch(session, theirs, { created: connections('b'), whole: true }));
      assert.deepEqual([state!.count, state!.own], [2, 1]);
      const destroyed = [{ reason: 'clientDisconnected' as const, connections: ['a'] }];
      await other.apply(batch(session, theirs, { destroyed }));
      assert.deepEqual(ids((await one.list(session)).connections), ['a', 'b']);
    });

    test('keeps sessions apart, whatever is in their ids', async () => {
      const odd = ['{a}', '{a', 'a}', '{processes}', '🙂'.repeat(63), '"\\u0000', 'a:roster', ' ', 'é'].map(
        (id) => `${id}${unused('')}`,
      );
      const process = unused('process');
      for (const id of odd) await one.apply(batch(id, process, { created: connections(`in ${id}`) }));
      for (const id of odd) {
        assert.deepEqual(ids((await other.list(id)).connections), [`in ${id}`]);
      }
    });

    test('gives back what it was given, to the letter', async () => {
      const session = unused('session');
      const given = connection('a', '{"name":"\\u0000 \u2028 🙂 \\" }],"created":[{');
      const changes = await hear(session);
      await one.apply(batch(session, unused('process'), { created: [given] }));
      assert.deepEqual((await other.list(session)).connections, [given]);
      assert.deepEqual((await changes())[0]!.created, [given]);
    });

    test('tells nothing of other sessions, and nothing after the end of the watch', async () => {
      const [session, another] = [unused('session'), unused('session')];
      const process = unused('process');
      const heard: RosterStep[] = [];
      const unwatch = other.watch(session, (change) => heard.push(change));
      const changes = await hear(session);
      await one.apply(batch(another, process, { created: connections('a') }));
      unwatch();
      await one.apply(batch(session, process, { created: connections('b') }));
      assert.equal((await changes()).length, 1);
      assert.deepEqual(heard, []);
    });

    suite('clients that are known by their keys', () => {
      let session: string;
      let [here, there] = ['', ''];
      beforeEach(() => {
        session = unused('session');
        [here, there] = [unused('process'), unused('process')];
      });

      /** A batch with connections whose clients have keys. */
      const keyed = (
        process: string,
        attempt: number,
        keys: Readonly<Record<string, string>>,
        more: Partial<RosterBatch> = {},
      ): RosterBatch =>
        batch(session, process, {
          created: connections(...Object.keys(keys)),
          claims: new Map(Object.entries(keys).map(([id, key]) => [id, { key, attempt }])),
          ...more,
        });
      /** What a process hears besides changes. */
      const notices: RosterNotice[] = [];
      const heard = async (count: number): Promise<RosterNotice[]> => {
        while (notices.length < count) await new Promise((resolve) => (hearNotice = resolve as () => void));
        return notices.splice(0);
      };
      let hearNotice = (): void => {};
      const listen = async (): Promise<() => void> => {
        const unwatch = one.watch(
          session,
          () => {},
          (notice) => {
            notices.push(notice);
            hearNotice();
          },
        );
        await one.read(session);
        return unwatch;
      };

      test('move with their connections, of which nobody hears but who had them', async () => {
        const changes = await hear(session);
        const before = (await one.apply(keyed(here, 1, { a: 'key of a', b: 'key of b' })))!;
        const unwatch = await listen();
        const after = (await other.apply(keyed(there, 2, { new: 'key of a' })))!;
        assert.deepEqual(after, {
          ...before,
          parts: [here, there].sort(),
          own: 1,
          moved: new Map([['new', connection('a')]]),
        });
        assert.deepEqual(await heard(1), [{ type: 'moved', connectionId: 'a', to: there }]);
        unwatch();
        assert.deepEqual(ids((await one.list(session)).connections), ['a', 'b']);
        assert.equal((await one.apply(batch(session, here)))!.own, 1);
        const destroyed = [{ reason: 'clientDisconnected' as const, connections: ['a'] }];
        assert.equal((await one.apply(batch(session, here, { destroyed })))!.count, 2);
        assert.equal((await other.apply(batch(session, there, { destroyed })))!.count, 1);
        assert.deepEqual(
          (await changes()).map(({ count }) => count),
          [2, 1],
        );
      });

      test('move once, however often it is tried', async () => {
        await one.apply(keyed(here, 1, { a: 'key of a' }));
        for (const whole of [false, true, true]) {
          const state = (await other.apply(keyed(there, 2, { new: 'key of a' }, { whole })))!;
          assert.deepEqual([...state.moved], [['new', connection('a')]]);
          assert.deepEqual([state.count, state.own], [1, 1]);
        }
      });

      test('come from a dead process with their connections until it is reaped', async () => {
        await one.renew(here);
        await one.apply(keyed(here, 1, { a: 'key of a', b: 'key of b' }));
        await group.runOut();
        const state = (await other.apply(keyed(there, 2, { new: 'key of a' })))!;
        assert.deepEqual([...state.moved.keys()], ['new']);
        await other.renew(there);
        await other.reap();
        assert.deepEqual(ids((await other.list(session)).connections), ['a']);
        const late = (await other.apply(keyed(there, 2, { newer: 'key of b' })))!;
        assert.deepEqual([late.count, late.moved.size], [2, 0]);
      });

      test('are not brought back by a process that they left', async () => {
        await one.apply(keyed(here, 1, { a: 'key of a', b: 'key of b' }));
        await other.apply(keyed(there, 2, { new: 'key of a' }));
        const keys = { a: 'key of a', b: 'key of b' };
        const again = (await one.apply(keyed(here, 1, keys, { whole: true })))!;
        assert.deepEqual([again.count, again.own, again.away], [2, 1, ['a']]);
      });

      for (const whole of [false, true]) {
        const asked = whole ? 'tells all that it has' : 'asks again';
        test(`stay out once they left where they came to, when the process that they left ${asked}`, async () => {
          await one.apply(keyed(here, 1, { a: 'key of a' }));
          await other.apply(keyed(there, 2, { new: 'key of a' }));
          const destroyed = [{ reason: 'clientDisconnected' as const, connections: ['a'] }];
          await other.apply(batch(session, there, { destroyed }));
          const asking = (await one.apply(keyed(here, 1, { a: 'key of a' }, { whole })))!;
          assert.deepEqual([asking.count, asking.own, asking.away], [0, 0, ['a']]);
          // Who comes back is somebody new.
          assert.equal((await one.apply(keyed(here, 3, { newer: 'key of a' })))!.count, 1);
        });
      }

      test('stay out once the process died that they came to', async () => {
        await other.renew(there);
        await one.apply(keyed(here, 1, { a: 'key of a', b: 'key of b' }));
        await other.apply(keyed(there, 2, { new: 'key of a' }));
        await group.runOut();
        await one.renew(here);
        await one.reap();
        const again = (await one.apply(keyed(here, 1, { a: 'key of a', b: 'key of b' }, { whole: true })))!;
        assert.deepEqual([again.count, again.away], [1, ['a']]);
      });

      test('stay where they are when they came back, however often that is told', async () => {
        await one.apply(keyed(here, 1, { a: 'key of a' }));
        await other.apply(keyed(there, 2, { new: 'key of a' }));
        for (const whole of [false, true]) {
          const back = (await one.apply(keyed(here, 3, { a: 'key of a' }, { whole })))!;
          assert.deepEqual([back.count, back.own, back.away], [1, 1, []]);
        }
      });

      test('are with who has them when a lost roster is made anew', async () => {
        const seen = (await one.apply(keyed(here, 1, { a: 'key of a' })))!;
        await group.wipe();
        await other.apply(keyed(there, 2, { new: 'key of a' }, { seen }));
        const again = (await one.apply(keyed(here, 1, { a: 'key of a' }, { seen, whole: true })))!;
        assert.deepEqual([again.count, again.own, again.away], [1, 0, ['a']]);
        assert.deepEqual(ids((await one.list(session)).connections), ['new']);
      });

      test('are recognised while they are in the count', async () => {
        assert.equal(await other.recognise(session, 'key of a'), undefined);
        await one.apply(keyed(here, 1, { a: 'key of a' }));
        assert.equal(await other.recognise(session, 'key of a'), 'counted');
        assert.equal(await other.recognise(unused('session'), 'key of a'), undefined);
        const destroyed = [{ reason: 'clientDisconnected' as const, connections: ['a'] }];
        await one.apply(batch(session, here, { destroyed }));
        assert.equal(await other.recognise(session, 'key of a'), undefined);
      });

      test('stay out once they were removed by force', async () => {
        await one.apply(keyed(here, 1, { a: 'key of a', b: 'key of b' }));
        const destroyed = [{ reason: 'forceDisconnected' as const, connections: ['a'] }];
        await one.apply(batch(session, here, { destroyed }));
        assert.equal(await other.recognise(session, 'key of a'), 'removed');
        const state = (await other.apply(keyed(there, 2, { new: 'key of a', c: 'key of c' })))!;
        assert.deepEqual([state.count, state.own, state.removed], [2, 1, ['new']]);
      });

      test('are removed by who has them, where somebody has', async () => {
        await one.apply(keyed(here, 1, { a: 'key of a' }));
        const unwatch = await listen();
        assert.equal(await other.askForRemoval(session, 'nobody'), false);
        assert.equal(await other.askForRemoval(session, 'a'), true);
        assert.deepEqual(await heard(1), [{ type: 'remove', connectionId: 'a', to: '' }]);
        unwatch();
      });
    });

    test('renews a lease that ran out as long as nobody reaped it', async () => {
      const process = unused('process');
      assert.equal(await one.renew(process), 'taken');
      assert.equal(await one.renew(process), 'held');
      await group.runOut();
      // An engine by whose clock that was no time at all has lost what it said of the lease.
      assert.match(await one.renew(process), /^(held|behind)$/);
      assert.equal(await one.renew(process), 'held');
      await group.runOut();
      await other.reap();
      assert.equal(await one.renew(process), 'fenced');
      assert.equal(await one.renew(process), 'fenced');
    });

    test('reaps who did not renew, in one change for each session, and fences it', async () => {
      const [session, another] = [unused('session'), unused('session')];
      const [living, dead] = [unused('process'), unused('process')];
      const changes = await hear(session);
      const changesThere = await hear(another);
      for (const process of [living, dead]) await one.renew(process);
      await one.apply(batch(session, living, { created: connections('a') }));
      await one.apply(batch(session, dead, { created: connections('b', 'c') }));
      await one.apply(batch(another, dead, { created: connections('d') }));
      await group.runOut();
      await one.renew(living);
      await other.reap();
      assert.deepEqual(ids((await one.list(session)).connections), ['a']);
      for (const id of [session, another]) {
        assert.equal(await one.apply(batch(id, dead, { created: connections('e') })), undefined);
      }
      const [, , reaped, ...more] = await changes();
      assert.deepEqual(
        reaped!.destroyed.map(({ reason }) => reason),
        ['networkDisconnected'],
      );
      assert.deepEqual([...reaped!.destroyed[0]!.connections].sort(), ['b', 'c']);
      assert.deepEqual(more, []);
      assert.equal((await changesThere())[1]!.count, 0);
    });

    test('lets no reaped process into a session that it was not in', async () => {
      const process = unused('process');
      await one.renew(process);
      await group.runOut();
      await other.reap();
      const created = connections('a');
      assert.equal(await one.apply(batch(unused('session'), process, { created })), undefined);
    });

    test('reaps each connection once, however many do it at a time', async () => {
      const session = unused('session');
      const process = unused('process');
      const all = Array.from({ length: 5_000 }, (_, index) => `connection ${index}`);
      const changes = await hear(session);
      await one.renew(process);
      await one.apply(batch(session, process, { created: connections(...all) }));
      await group.runOut();
      await Promise.all([one, other, one, other].map((engine) => engine.reap()));
      const gone = (await changes()).flatMap(({ destroyed }) =>
        destroyed.flatMap((departure) => departure.connections),
      );
      assert.deepEqual(gone.sort(), all.sort());
    });

    test('makes a roster anew that it lost and somebody knew, even for who says nothing', async () => {
      const session = unused('session');
      const process = unused('process');
      await one.renew(process);
      const before = (await one.apply(batch(session, process, { created: connections('a', 'b') })))!;
      await group.wipe();
      assert.equal(await one.renew(process), 'taken');
      assert.deepEqual(await one.read(session), { epoch: 0, seq: 0, count: 0, parts: [] });
      const changes = await hear(session);
      const observer = unused('observer');
      const emptied = (await other.apply(batch(session, observer, { seen: before })))!;
      assert.ok(emptied.epoch > before.epoch);
      assert.deepEqual([emptied.seq, emptied.count], [1, 0]);
      const again = await one.apply(
        batch(session, process, { created: connections('a', 'b'), whole: true, seen: before }),
      );
      const awaited = [observer];
      const { epoch } = emptied;
      assert.deepEqual(stateOf(again!), { epoch, seq: 2, count: 2, awaited, own: 2, ...unsurprised });
      assert.deepEqual(
        (await changes()).map(({ from, count }) => [from, count]),
        [
          [0, 0],
          [1, 2],
        ],
      );
    });

    suite('a roster that was lost', () => {
      let session: string;
      let [mine, theirs, third] = ['', '', ''];
      let seen: RosterVersion;
      beforeEach(async () => {
        session = unused('session');
        [mine, theirs, third] = [unused('a'), unused('b'), unused('c')];
        for (const process of [mine, theirs, third]) await one.renew(process);
        await one.apply(batch(session, mine, { created: connections('a') }));
        seen = (await one.apply(batch(session, theirs, { created: connections('b') })))!;
        await group.wipe();
      });
      const whole = (
        process: string,
        id: string,
        others: string[],
        more: Partial<RosterBatch> = {},
      ): RosterBatch =>
        batch(session, process, { created: connections(id), whole: true, seen, others, ...more });

      test('waits for those who had connections in it, and tells so until all have told anew', async () => {
        const heard: RosterChange[] = [];
        const unwatch = other.watch(session, (change) => heard.push(change));
        const changes = await hear(session);
        const first = (await one.apply(whole(mine, 'a', [theirs])))!;
        assert.deepEqual([first.count, first.awaited, first.parts], [1, [theirs], [mine]]);
        assert.deepEqual((await other.read(session)).awaited, [theirs]);
        const last = (await other.apply(whole(theirs, 'b', [mine])))!;
        assert.deepEqual([last.count, last.awaited, last.parts], [2, undefined, [mine, theirs].sort()]);
        await changes();
        unwatch();
        assert.deepEqual(
          heard.slice(0, 2).map(({ count, awaited, by, own }) => ({ count, awaited, by, own })),
          [
            { count: 1, awaited: [theirs], by: mine, own: 1 },
            { count: 2, awaited: undefined, by: theirs, own: 1 },
          ],
        );
      });

      test('waits for one that has told a part alone, too', async () => {
        const first = (await one.apply(batch(session, mine, { created: connections('new'), seen })))!;
        assert.deepEqual(first.awaited, [mine]);
        const second = (await other.apply(whole(theirs, 'b', [mine])))!;
        assert.deepEqual(second.awaited, [mine]);
        const all = connections('a', 'new');
        const third = (await one.apply(whole(mine, '', [theirs], { created: all, anew: true })))!;
        assert.deepEqual([third.awaited, third.count], [undefined, 3]);
      });

      test('waits for those whom any knew, and for nobody twice', async () => {
        await one.apply(whole(mine, 'a', [theirs]));
        const second = (await other.apply(whole(theirs, 'b', [mine, third])))!;
        assert.deepEqual(second.awaited, [third]);
        const again = (await one.apply(whole(mine, 'a', [theirs, third])))!;
        assert.deepEqual([again.awaited, again.seq], [[third], second.seq]);
        // It has nobody any more; that it says so is news.
        const last = (await other.apply(whole(third, '', [], { created: [], anew: true })))!;
        assert.deepEqual([last.awaited, last.seq, last.count], [undefined, second.seq + 1, 2]);
      });

      test('waits also where it was somebody new who wrote first', async () => {
        await one.apply(batch(session, third, { created: connections('c') }));
        const first = (await one.apply(whole(mine, 'a', [theirs], { anew: true })))!;
        assert.deepEqual([first.awaited, first.count], [[theirs], 2]);
        const last = (await other.apply(whole(theirs, 'b', [mine])))!;
        assert.deepEqual([last.awaited, last.count], [undefined, 3]);
      });

      test('waits for nobody who lives on under another name', async () => {
        await one.apply(whole(mine, 'a', [theirs]));
        const reborn = (await other.apply(whole(third, 'b', [mine], { former: [theirs] })))!;
        assert.equal(reborn.awaited, undefined);
      });

      test('waits for nobody who is found dead', async () => {
        for (const process of [mine, theirs]) await one.renew(process);
        await one.apply(whole(theirs, 'b', []));
        await one.apply(whole(mine, 'a', [third], { anew: true }));
        await one.apply(batch(session, third, { created: connections('c') }));
        assert.deepEqual((await other.read(session)).awaited, [third]);
        await group.runOut();
        for (const process of [mine, theirs]) await one.renew(process);
        await other.reap();
        const state = await other.read(session);
        assert.deepEqual([state.awaited, state.count], [undefined, 2]);
      });

      test('is the only one that waits', async () => {
        const other = unused('session');
        await one.apply(batch(other, mine, { created: connections('a') }));
        const state = (await one.apply(
          batch(other, mine, { created: connections('a'), whole: true, others: [theirs] }),
        ))!;
        assert.equal(state.awaited, undefined);
      });
    });

    test('makes a roster anew of what it has where it lost the last changes', async () => {
      const session = unused('session');
      const process = unused('process');
      const { epoch, seq } = (await one.apply(batch(session, process, { created: connections('a') })))!;
      const state = (await one.apply(batch(session, process, { seen: { epoch, seq: seq + 5 } })))!;
      assert.ok(state.epoch > epoch);
      assert.deepEqual([state.seq, state.count, state.own], [1, 1, 1]);
      assert.deepEqual(ids((await other.list(session)).connections), ['a']);
    });

    test('reaps who wrote after a loss and never renewed', async () => {
      const session = unused('session');
      await group.wipe();
      await one.apply(batch(session, unused('process'), { created: connections('a') }));
      assert.equal((await other.read(session)).count, 1);
      await group.runOut();
      await other.reap();
      assert.equal((await other.read(session)).count, 0);
    });
  });
}
