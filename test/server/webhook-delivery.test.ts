import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { DeliveryQueue, mostPending, type DeliveryState } from '../../src/server/webhooks/delivery-queue.js';
import type { Troubles } from '../../src/server/webhooks/trouble-report.js';
import type { WebhookMessage } from '../../src/server/webhooks/webhook-message.js';
import { ManualClock } from './manual-clock.js';

const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

suite('webhooks to one URL', () => {
  let clock: ManualClock;
  let queue: DeliveryQueue;
  let random: number;
  /** The bodies of all attempts, in order. */
  let attempts: string[];
  /** What the receiver answers to a body; a promise where it takes its time. */
  let answer: (body: string, signal: AbortSignal) => number | Promise<number>;
  /** The bodies of those that wait no more. */
  let settled: string[];
  let reports: (Troubles & Pick<DeliveryState, 'pending' | 'lastError'>)[];

  beforeEach(() => {
    clock = new ManualClock();
    random = 0;
    attempts = [];
    reports = [];
    settled = [];
    answer = () => 204;
    queue = new DeliveryQueue({
      clock,
      random: () => random,
      attempt: async ({ body }, signal) => {
        attempts.push(body);
        return answer(body, signal);
      },
      onTrouble: (troubles, { pending, lastError }) => reports.push({ ...troubles, pending, lastError }),
      onSettled: ({ body }) => settled.push(body),
    });
  });

  const append = (sessionId: string, ...bodies: string[]): void => {
    for (const body of bodies) {
      const message: WebhookMessage = { id: body, sessionId, event: 'created', timestamp: clock.now(), body };
      queue.append(message);
    }
  };

  /** An answer that comes when it is told to. */
  const later = (): { answer: Promise<number>; give: (status: number) => Promise<unknown> } => {
    let resolve!: (status: number) => void;
    const given = new Promise<number>((resolveGiven) => (resolve = resolveGiven));
    return {
      answer: given,
      give: (status) => {
        resolve(status);
        return setImmediate();
      },
    };
  };

  test('come in the order of their session, the next when the one before was accepted', async () => {
    const first = later();
    answer = (body) => (body === 'a1' ? first.answer : 200);
    append('a', 'a1', 'a2', 'a3');
    append('b', 'b1', 'b2');
    await setImmediate();
    assert.deepEqual(attempts, ['a1', 'b1', 'b2']);
    assert.equal(queue.state.pending, 3);
    await first.give(200);
    assert.deepEqual(attempts, ['a1', 'b1', 'b2', 'a2', 'a3']);
    assert.equal(queue.state.accepted, 5);
    assert.equal(queue.state.pending, 0);
  });

  test('are accepted by every 2xx and by nothing else', async () => {
    for (const status of [200, 201, 202, 204, 299]) {
      answer = () => status;
      append(`accepted ${status}`, '');
      await setImmediate();
      assert.equal(queue.state.pending, 0, String(status));
    }
    for (const status of [199, 300, 301, 307, 400, 404, 410, 429, 500, 503]) {
      answer = () => status;
      append(`refused ${status}`, '');
      await setImmediate();
      assert.equal(queue.state.lastError, `the answer was ${status}`);
    }
    assert.equal(queue.state.pending, 10);
    assert.equal(queue.state.troubles.failed, 10);
  });

  test('that fail hold up the rest of their session alone, and come first when they are tried again', async () => {
    answer = (body) => (body === 'a1' ? 500 : 200);
    append('a', 'a1', 'a2');
    append('b', 'b1');
    await setImmediate();
    assert.deepEqual(attempts, ['a1', 'b1']);
    append('a', 'a3');
    await clock.advance(5 * seconds - 1);
    assert.deepEqual(attempts, ['a1', 'b1']);
    answer = () => 200;
    await clock.advance(1);
    assert.deepEqual(attempts, ['a1', 'b1', 'a1', 'a2', 'a3']);
  });

  for (const [jitter, pauses] of [
    [0, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]],
    [1, [6.25, 12.5, 25, 50, 100, 200, 400, 675, 675, 675]],
  ] as const) {
    test(`are tried again after 5 s, then after longer, at most 15 min (jitter ${jitter})`, async () => {
      random = jitter;
      answer = () => Promise.reject(new Error('no answer'));
      append('a', 'a1', 'a2');
      await setImmediate();
      for (const [index, pause] of pauses.entries()) {
        assert.equal(attempts.length, index + 1);
        await clock.advance(pause * seconds - 1);
        assert.equal(attempts.length, index + 1, `${pause} s`);
        await clock.advance(1);
      }
      answer = (body) => (body === 'a1' ? 200 : 500);
      await clock.advance(pauses.at(-1)! * seconds);
      assert.deepEqual(attempts.slice(-2), ['a1', 'a2']);
      await clock.advance(6.25 * seconds);
      assert.deepEqual(attempts.slice(-3), ['a1', 'a2', 'a2'], 'it is eager again after a success');
    });
  }

  test('are given up after a day, and counted; the next of the session has its turn', async () => {
    answer = (body) => (body === 'poison' ? 400 : 200);
    append('a', 'poison', 'a2');
    await setImmediate();
    await clock.advance(24 * hours - 1);
    assert.equal(queue.state.troubles.givenUp, 0);
    assert.ok(!attempts.includes('a2'));
    await clock.advance(30 * minutes);
    assert.equal(queue.state.troubles.givenUp, 1);
    assert.equal(attempts.at(-1), 'a2');
    assert.equal(queue.state.pending, 0);
    assert.ok(attempts.length > 24 * 4 && attempts.length < 24 * 4 + 20, String(attempts.length));
    assert.deepEqual(clock.due, []);
  });

  test('are at most 8 at a time', async () => {
    const first = later();
    answer = (body) => (body === '0' ? first.answer : new Promise(() => {}));
    for (let session = 0; session < 20; session++) append(`session ${session}`, String(session));
    await setImmediate();
    assert.equal(attempts.length, 8);
    await first.give(200);
    assert.equal(attempts.length, 9);
  });

  test('that are too many cost the session that waits longest all of its own, and are counted', async () => {
    const aborted: string[] = [];
    answer = (body, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(body);
          reject(new Error('aborted'));
        });
      });
    append('a', 'a1', 'a2', 'a3');
    await clock.advance(1 * seconds);
    for (let number = 3; number < mostPending; number++) append('b', `b${number}`);
    assert.equal(queue.state.pending, mostPending);
    assert.equal(queue.state.oldestAge, 1 * seconds);
    append('c', 'c1');
    await setImmediate();
    assert.equal(queue.state.pending, mostPending - 2);
    assert.equal(queue.state.troubles.dropped, 3);
    assert.equal(queue.state.oldestAge, 0);
    assert.deepEqual(aborted, ['a1']);
    assert.equal(queue.state.troubles.failed, 0);
    append('a', 'a4');
    await setImmediate();
    assert.deepEqual(attempts, ['a1', 'b3', 'c1', 'a4']);
  });

  test('are settled when they were accepted, given up or dropped, and not when they are forgotten', async () => {
    append('a', 'accepted');
    await setImmediate();
    assert.deepEqual(settled, ['accepted']);
    answer = () => 500;
    append('a', 'given up', 'a2');
    await clock.advance(24 * hours + 15 * minutes);
    assert.deepEqual(settled, ['accepted', 'given up']);
    for (let number = 1; number < mostPending; number++) append('b', `b${number}`);
    assert.equal(settled.length, 2);
    append('c', 'c1');
    assert.deepEqual(settled, ['accepted', 'given up', 'a2']);
    queue.discard();
    await queue.finish(600);
    assert.equal(settled.length, 3);
  });

  test('tell since when they fail, and why, until one is accepted', async () => {
    answer = () => Promise.reject(Object.assign(new Error('connect 10.0.0.1'), { code: 'ECONNREFUSED' }));
    append('a', 'a1');
    await setImmediate();
    const since = clock.now();
    await clock.advance(5 * seconds);
    assert.equal(queue.state.failingSince, since);
    assert.equal(queue.state.lastError, 'ECONNREFUSED');
    answer = () => 200;
    await clock.advance(10 * seconds);
    assert.equal(queue.state.failingSince, undefined);
    assert.equal(queue.state.lastError, undefined);
  });

  test('are reported when the first fails, and then once a minute as long as some do', async () => {
    answer = () => 500;
    append('a', 'a1');
    await setImmediate();
    const lastError = 'the answer was 500';
    assert.deepEqual(reports, [{ failed: 1, givenUp: 0, dropped: 0, pending: 1, lastError }]);
    await clock.advance(1 * minutes - 1);
    assert.equal(reports.length, 1);
    await clock.advance(1);
    assert.deepEqual(reports[1], { failed: 3, givenUp: 0, dropped: 0, pending: 1, lastError });
    answer = () => 200;
    await clock.advance(1 * hours);
    assert.equal(reports.length, 2);
    assert.deepEqual(clock.due, []);
  });

  test('are tried once more at the end, those in a pause too, and the rest is lost', async () => {
    answer = (body) => (body.startsWith('bad') ? 500 : 503);
    append('a', 'a1', 'a2');
    append('b', 'bad1', 'bad2');
    await setImmediate();
    attempts.length = 0;
    answer = (body) => (body.startsWith('bad') ? 500 : 200);
    assert.equal(await queue.finish(600), 2);
    assert.deepEqual(attempts, ['a1', 'bad1', 'a2']);
    assert.equal(queue.state.pending, 0);
  });

  test('end when their time is over, whoever still waits for an answer', async () => {
    let aborted = 0;
    answer = (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted++;
          reject(new Error('aborted'));
        });
      });
    append('a', 'a1');
    const lost = queue.finish(600);
    await clock.advance(599);
    assert.equal(aborted, 0);
    await clock.advance(1);
    assert.equal(await lost, 1);
    assert.equal(aborted, 1);
  });

  test('end at once where none waits', async () => {
    assert.equal(await queue.finish(600), 0);
  });
});
