import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sourceOf } from '../../src/adapters/index.js';
import type { ConnectionSource } from '../../src/session/index.js';
import type { DrivenPlatform, Drive, TestedPlatform } from './platform.js';

/** How long something may take, in ms. */
const limit = 10_000;

/** Resolves when a condition holds; looks whenever a source tells anything. */
export function until(source: ConnectionSource, what: string, isSo: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const { signal } = listening;
    const end = (): void => {
      clearTimeout(timeout);
      listening.abort();
    };
    const look = (): void => {
      if (!isSo()) return;
      end();
      resolve();
    };
    const timeout = setTimeout(() => {
      end();
      reject(new Error(`Not in ${limit} ms: ${what}; it is ${source.state} with ${source.count}`));
    }, limit);
    for (const type of ['countChanged', 'stateChanged', 'sessionReconnected', 'sessionError'] as const) {
      source.addEventListener(type, look, { signal });
    }
    look();
  });
}

/** What a source told, a line each. */
function heardOf(source: ConnectionSource, signal?: AbortSignal): string[] {
  const heard: string[] = [];
  const ids = (connections: readonly { connectionId: string }[]): string =>
    connections.map(({ connectionId }) => connectionId).join();
  const options = signal ? { signal } : {};
  source.addEventListener('connectionCreated', (event) => heard.push(`+${ids(event.connections)}`), options);
  source.addEventListener(
    'connectionDestroyed',
    (event) => heard.push(`-${ids(event.connections)} ${event.reason}`),
    options,
  );
  source.addEventListener('sessionConnected', () => heard.push('in'), options);
  source.addEventListener('sessionDisconnected', (event) => heard.push(`out ${event.reason}`), options);
  return heard;
}

/** Tests what every adapter has to do. */
export function testAdapter(
  { adapter, lists, selfCounted, reasons }: TestedPlatform,
  against: string,
  drive: Drive,
): void {
  const self = selfCounted ? 1 : 0;
  const adapted = ({ object }: DrivenPlatform): ConnectionSource => adapter(object as never);
  const shows = (source: ConnectionSource, others: number): Promise<void> =>
    until(source, `the number is ${others + self}`, () => source.count === others + self && !source.stale);
  /** What was heard, without who came and left where the source doesn't know them. */
  const told = (heard: readonly string[]): string[] => heard.filter((line) => lists || !/^[+-]/.test(line));

  /** A test of one object, which is ended with it. */
  function testObject(title: string, play: (driven: DrivenPlatform) => Promise<void>): void {
    test(title, async () => {
      const driven = await drive.start();
      try {
        await play(driven);
      } finally {
        await driven.close?.();
      }
    });
  }

  suite(`the adapter of ${adapter.platform}, tested against: ${against}`, () => {
    testObject('is found by the shape of the object', async (driven) => {
      assert.equal(sourceOf(driven.object), adapter(driven.object as never));
    });

    testObject('knows nothing before the session is entered', async (driven) => {
      const source = adapted(driven);
      assert.equal(source.count, undefined);
      assert.notEqual(source.state, 'connected');
    });

    testObject('counts who was there, who comes and who leaves', async (driven) => {
      const source = adapted(driven);
      const heard = heardOf(source);
      const [first, second] = await driven.connect(2);
      await shows(source, 2);
      assert.equal(source.state, 'connected');
      assert.deepEqual([source.selfCounted, source.connection?.connectionId], [selfCounted, driven.own]);
      assert.equal(driven.own === undefined, !selfCounted);
      if (lists) {
        const expected = [first!, second!, ...(selfCounted ? [driven.own!] : [])];
        assert.deepEqual([...source.connections!.keys()].sort(), expected.sort());
      } else assert.equal(source.connections, undefined);
      const third = await driven.join();
      await shows(source, 3);
      await driven.leave(first!);
      await shows(source, 2);
      assert.deepEqual(told(heard), told(['in', `+${third}`, `-${first} clientDisconnected`]));
    });

    testObject('counts whoever is there when it is made late', async (driven) => {
      await driven.connect(2);
      await shows(adapted(driven), 2);
    });

    for (const reason of reasons) {
      testObject(`says ${reason} of who left so`, async (driven) => {
        const source = adapted(driven);
        const heard = heardOf(source);
        const [first] = await driven.connect(1);
        await shows(source, 1);
        await driven.leave(first!, reason);
        await shows(source, 0);
        assert.deepEqual(heard, ['in', `-${first} ${reason}`]);
      });
    }

    testObject(
      'keeps its number as an old one while the way is broken, and tells then what it missed',
      async (driven) => {
        if (!driven.breakOff || !driven.comeBack) return;
        const source = adapted(driven);
        const heard = heardOf(source);
        const [first] = await driven.connect(2);
        await shows(source, 2);
        await driven.breakOff();
        await until(source, 'it is reconnecting', () => source.state === 'reconnecting');
        assert.deepEqual([source.count, source.stale], [2 + self, true]);
        await driven.leave(first!);
        const third = await driven.join();
        const fourth = await driven.join();
        assert.deepEqual([source.count, source.stale], [2 + self, true]);
        await driven.comeBack();
        await shows(source, 3);
        assert.equal(source.state, 'connected');
        if (!lists) return;
        const ids = (sign: string): string[] =>
          heard
            .filter((line) => line.startsWith(sign))
            .flatMap((line) => line.slice(1).split(' ')[0]!.split(','));
        assert.deepEqual(ids('+').sort(), [third, fourth].sort());
        assert.deepEqual(ids('-'), [first]);
      },
    );

    testObject('has no number after the end, and the right one in the next session', async (driven) => {
      if (!driven.disconnect) return;
      const source = adapted(driven);
      const heard = heardOf(source);
      await driven.connect(2);
      await shows(source, 2);
      await driven.disconnect();
      await until(source, 'it is disconnected', () => source.state === 'disconnected');
      assert.deepEqual([source.reason, source.count], ['clientDisconnected', undefined]);
      await driven.connect(1);
      await shows(source, 1);
      assert.equal(source.state, 'connected');
      assert.deepEqual(told(heard), ['in', 'out clientDisconnected', 'in']);
    });

    testObject(
      'is the same for all who have the object, and takes its own listeners away with the last of them',
      async (driven) => {
        const before = driven.listening;
        const source = adapted(driven);
        assert.equal(adapted(driven), source);
        const [one, two] = [new AbortController(), new AbortController()];
        heardOf(source, one.signal);
        heardOf(source, two.signal);
        const [first] = await driven.connect(1);
        await shows(source, 1);
        one.abort();
        await driven.join();
        // What waits listens too, and is done before the last listener goes.
        await shows(source, 2);
        two.abort();
        assert.equal(driven.listening, before);
        // It begins again with how things are then.
        await driven.leave(first!);
        heardOf(source);
        await shows(source, 1);
      },
    );
  });
}
