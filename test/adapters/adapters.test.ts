import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { adapter, openTok, sourceOf, type SourceReport } from '../../src/adapters/index.js';
import type { SessionError } from '../../src/session/index.js';
import { startOpenTok } from './platforms/opentok.js';

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

suite('the adapter of OpenTok in particular', () => {
  test('has no number, and never one below 0, where events are suppressed', async () => {
    const platform = startOpenTok({ suppressed: true });
    const source = openTok(platform.object);
    const [first] = await platform.connect(1);
    await turn();
    await platform.leave(first!);
    assert.deepEqual([source.state, source.count], ['connected', undefined]);
  });

  test('has no number where it can not know who was there', () => {
    const { object } = startOpenTok();
    object.connection = { connectionId: 'own', creationTime: 1, data: '' };
    const source = openTok(object);
    assert.deepEqual([source.state, source.count], ['connected', undefined]);
  });

  test('tells the reasons that only OpenTok has', () => {
    for (const [theirs, ours] of [
      ['mediaIdle', 'forceDisconnected'],
      ['serverRotation', 'networkDisconnected'],
    ]) {
      const { object } = startOpenTok();
      const source = openTok(object);
      object.emit('sessionDisconnected', { reason: theirs });
      assert.equal(source.reason, ours);
    }
  });
});

suite('the object of a platform', () => {
  test('that nobody knows gets an error that names those that are known', () => {
    for (const unknown of [{}, 5, 'text', () => {}, [], { on() {}, off() {} }]) {
      assert.throws(
        () => sourceOf(unknown),
        ({ code, message }: SessionError) =>
          code === 1011 && /OpenTok/.test(message) && /LiveKit/.test(message) && /OpenVidu/.test(message),
      );
    }
  });
});

suite('an adapter of one’s own', () => {
  test('takes ten lines for a service that gives a number', () => {
    class Channel extends EventTarget {
      members = 3;
    }
    const chat = adapter<Channel>({
      platform: 'Chat',
      object: 'a channel',
      matches: (candidate) => candidate instanceof Channel,
      attach(channel, report) {
        const count = (): void => report.counted(channel.members);
        report.connected(channel.members);
        channel.addEventListener('members', count);
        return () => channel.removeEventListener('members', count);
      },
    });
    const channel = new Channel();
    const source = chat(channel);
    assert.deepEqual([source.count, source.selfCounted, source.connections], [3, false, undefined]);
    const told: unknown[] = [];
    source.addEventListener('countChanged', ({ count, previous }) => told.push([previous, count]));
    channel.members = 4;
    channel.dispatchEvent(new Event('members'));
    channel.members = -1;
    channel.dispatchEvent(new Event('members'));
    assert.deepEqual(told, [
      [3, 4],
      [4, undefined],
    ]);
  });

  test('may fail, is heard no more once it was detached, and tells in order what listeners set off', () => {
    let report!: SourceReport;
    const object = {};
    const source = adapter({
      platform: 'Test',
      object: 'an object',
      matches: () => true,
      attach: (_, given) => {
        report = given;
        return () => {};
      },
    })(object);
    const heard: string[] = [];
    const listening = new AbortController();
    const { signal } = listening;
    source.addEventListener('sessionError', ({ error }) => heard.push(error.message), { signal });
    source.addEventListener('stateChanged', ({ state }) => heard.push(state), { signal });
    source.addEventListener('countChanged', ({ count }) => heard.push(`count ${count}`), { signal });
    source.addEventListener('sessionConnected', () => report.reconnecting(), { signal });
    report.connecting();
    report.failed(new Error('no'));
    report.connected(2);
    assert.deepEqual(heard, [
      'connecting',
      'failed',
      'no',
      'connected',
      'count 2',
      'reconnecting',
      'count 2',
    ]);
    listening.abort();
    report.counted(7);
    assert.deepEqual([source.state, source.count], ['idle', undefined]);
  });
});
