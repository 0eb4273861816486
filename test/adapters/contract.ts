import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ConnectionReason, ConnectionSource } from '../../src/session/index.js';

/** A platform's object, driven as the platform would drive it. */
export interface DrivenPlatform {
  readonly object: object;
  /** How many listeners it has. */
  readonly listening: number;
  /** Gets into the session, where others are already. Their ids are the connections'. */
  connect(...others: string[]): void;
  join(id: string): void;
  /** @param reason Undefined: as somebody leaves of one's own accord. */
  leave(id: string, reason?: ConnectionReason): void;
  breakOff(): void;
  /** Comes back to the session in which these others are. */
  comeBack(...others: string[]): void;
  disconnect(reason?: ConnectionReason): void;
}

export interface ContractOptions {
  readonly name: string;
  readonly adapt: (object: never) => ConnectionSource;
  readonly start: () => DrivenPlatform;
  /** The id of one's own connection; undefined where oneself isn't counted. */
  readonly own: string | undefined;
  /** The reasons that the platform tells of others who leave. */
  readonly reasons: readonly ConnectionReason[];
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

/** What is put off until everyone was told of. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** Tests what every adapter has to do. */
export function testAdapter({ name, adapt, start, own, reasons }: ContractOptions): void {
  const self = own === undefined ? [] : [own];
  const sourceOf = ({ object }: DrivenPlatform): ConnectionSource => adapt(object as never);
  const idsOf = (source: ConnectionSource): string[] => [...source.connections!.keys()].sort();

  suite(`the adapter of ${name}`, () => {
    test('knows nothing before the session is entered', () => {
      const source = sourceOf(start());
      assert.equal(source.count, undefined);
      assert.notEqual(source.state, 'connected');
    });

    test('counts who was there, who comes and who leaves', async () => {
      const platform = start();
      const source = sourceOf(platform);
      const heard = heardOf(source);
      platform.connect('a', 'b');
      await turn();
      assert.deepEqual([source.state, source.count], ['connected', 2 + self.length]);
      assert.deepEqual(idsOf(source), ['a', 'b', ...self].sort());
      assert.deepEqual([source.connection?.connectionId, source.selfCounted], [own, own !== undefined]);
      platform.join('c');
      platform.join('c');
      assert.equal(source.count, 3 + self.length);
      platform.leave('a');
      platform.leave('a');
      assert.equal(source.count, 2 + self.length);
      assert.deepEqual(heard, ['in', '+c', '-a clientDisconnected']);
    });

    test('counts whoever is there when it is made late', async () => {
      const platform = start();
      platform.connect('a', 'b');
      await turn();
      const source = sourceOf(platform);
      assert.deepEqual([source.state, source.count], ['connected', 2 + self.length]);
    });

    for (const reason of reasons) {
      test(`says ${reason} of who left so`, async () => {
        const platform = start();
        const source = sourceOf(platform);
        const heard = heardOf(source);
        platform.connect('a');
        await turn();
        platform.leave('a', reason);
        assert.deepEqual(heard, ['in', `-a ${reason}`]);
      });
    }

    test('keeps its number as the last one while the way is broken, and tells then what it missed', async () => {
      const platform = start();
      const source = sourceOf(platform);
      const heard = heardOf(source);
      platform.connect('a', 'b');
      await turn();
      platform.breakOff();
      assert.deepEqual([source.state, source.count, source.stale], ['reconnecting', 2 + self.length, true]);
      platform.comeBack('b', 'c');
      await turn();
      assert.deepEqual([source.state, source.count, source.stale], ['connected', 2 + self.length, false]);
      assert.deepEqual(idsOf(source), ['b', 'c', ...self].sort());
      assert.deepEqual(
        heard.filter((line) => /^[+]/.test(line)),
        ['+c'],
      );
      assert.deepEqual(heard.filter((line) => /^-/.test(line)).length, 1);
    });

    test('has no number after the end, and the right one in the next session', async () => {
      const platform = start();
      const source = sourceOf(platform);
      const heard = heardOf(source);
      platform.connect('a', 'b');
      await turn();
      platform.disconnect('forceDisconnected');
      assert.deepEqual(
        [source.state, source.reason, source.count],
        ['disconnected', 'forceDisconnected', undefined],
      );
      platform.connect('c');
      await turn();
      assert.deepEqual([source.state, source.count], ['connected', 1 + self.length]);
      assert.deepEqual(heard, ['in', 'out forceDisconnected', 'in']);
    });

    test('is the same for all who have the object, and takes its own listeners away with the last of them', async () => {
      const platform = start();
      const before = platform.listening;
      const source = sourceOf(platform);
      assert.equal(sourceOf(platform), source);
      const [one, two] = [new AbortController(), new AbortController()];
      heardOf(source, one.signal);
      heardOf(source, two.signal);
      platform.connect('a');
      await turn();
      one.abort();
      platform.join('b');
      assert.equal(source.count, 2 + self.length);
      two.abort();
      assert.equal(platform.listening, before);
      // It begins again with how things are then.
      platform.leave('a');
      heardOf(source);
      assert.equal(source.count, 1 + self.length);
    });
  });
}
