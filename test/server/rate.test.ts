import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rate } from '../../src/server/rate.js';

const taken = (rate: Rate, frames: number, now: number): number =>
  Array.from({ length: frames }, () => rate.take(now)).filter(Boolean).length;

test('a client may send 40 frames at once', () => {
  const rate = new Rate({ perSecond: 20, burst: 40 }, 0);
  assert.equal(taken(rate, 100, 0), 40);
});

test('a client that sends 20 frames a second is never refused', () => {
  const rate = new Rate({ perSecond: 20, burst: 40 }, 0);
  for (let frame = 1; frame <= 10_000; frame++) assert.ok(rate.take(frame * 50));
});

test('a pause makes up for no more than one burst', () => {
  const rate = new Rate({ perSecond: 20, burst: 40 }, 0);
  assert.equal(taken(rate, 40, 0), 40);
  assert.equal(taken(rate, 100, 1_000), 20);
  assert.equal(taken(new Rate({ perSecond: 20, burst: 40 }, 0), 100, 1_000_000), 40);
});
