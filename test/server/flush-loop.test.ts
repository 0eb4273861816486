import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { FlushLoop } from '../../src/server/live-session/flush-loop.js';

suite('the flush loop', () => {
  let now: number;
  let loop: FlushLoop;
  let flushedAt: number[];
  let cost: number;
  const session = {
    flush: () => {
      flushedAt.push(now);
      now += cost;
    },
  };
  const advance = (time: number): void => {
    for (let step = 0; step < time; step++) {
      now++;
      mock.timers.tick(1);
    }
  };

  beforeEach(() => {
    now = 1_000;
    cost = 0;
    flushedAt = [];
    mock.timers.enable({ apis: ['setTimeout'] });
    mock.method(performance, 'now', () => now);
    loop = new FlushLoop();
  });
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });

  test('waits 25 ms for more after quiet, and tells all of it once', () => {
    loop.mark(session);
    advance(10);
    loop.mark(session);
    advance(100);
    assert.deepEqual(flushedAt, [1_025]);
  });

  test('does not wait where it is urgent', () => {
    loop.mark(session);
    loop.mark(session, true);
    advance(2);
    assert.deepEqual(flushedAt, [1_001]);
  });

  test('pauses 50 ms between rounds, urgent or not', () => {
    loop.mark(session, true);
    advance(1);
    loop.mark(session, true);
    advance(100);
    assert.deepEqual(flushedAt, [1_001, 1_051]);
  });

  for (const [costs, pause] of [
    [20, 180],
    [500, 1_000],
  ] as const) {
    test(`pauses ${pause} ms after a round that took ${costs} ms`, () => {
      cost = costs;
      loop.mark(session, true);
      advance(1);
      loop.mark(session);
      advance(pause + 100);
      assert.deepEqual(flushedAt, [1_001, 1_001 + costs + pause]);
    });
  }

  test('tells nothing more when stopped', () => {
    loop.mark(session);
    loop.stop();
    advance(100);
    assert.deepEqual(flushedAt, []);
  });
});
