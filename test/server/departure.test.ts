import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloseCode } from '../../src/protocol/index.js';
import { departureAfter, isFirefox, meantBy } from '../../src/server/live-session/departure.js';

const now = 1_000_000;

for (const [what, code, seenAgo, dueIn, reason] of [
  ['a leave', 1000, 0, 0, 'clientDisconnected'],
  ['a close without a code', 1005, 0, 0, 'clientDisconnected'],
  ['a page that went away', 4001, 0, 3_000, 'clientDisconnected'],
  ['a page that a browser speaks for', 1001, 0, 10_000, 'networkDisconnected'],
  ['a break', 1006, 0, 10_000, 'networkDisconnected'],
  ['a break after a long silence', 1006, 15_000, 5_000, 'networkDisconnected'],
  ['silence', 1006, 20_000, 0, 'networkDisconnected'],
  ['a slow reader', 4408, 0, 10_000, 'networkDisconnected'],
  ['too many frames', 4429, 0, 10_000, 'networkDisconnected'],
  ['a code that nobody knows', 3999, 0, 10_000, 'networkDisconnected'],
] as const) {
  test(`${what} is ${reason} after ${dueIn / 1000} s`, () => {
    assert.deepEqual(departureAfter(code, now - seenAgo, now), { at: now + dueIn, reason });
  });
}

test('a page that Firefox closed the socket of has gone away, that of another browser has broken down', () => {
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36';
  assert.equal(meantBy(1001, isFirefox(firefox)), CloseCode.pageHidden);
  assert.equal(meantBy(1001, isFirefox(chrome)), 1001);
  assert.equal(meantBy(1006, isFirefox(firefox)), 1006);
});
