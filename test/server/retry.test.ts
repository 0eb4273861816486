import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Retry } from '../../src/server/roster/retry.js';

test('what fails is tried again ever later, up to 2 s', async () => {
  const pauses: number[] = [];
  const retry = new Retry(async (time) => void pauses.push(time));
  for (let failures = 1; failures <= 5; failures++) await retry.wait(failures);
  assert.deepEqual(pauses, [500, 1_000, 2_000, 2_000, 2_000]);
});

test('what fails is tried at once when the cause is gone, by all who wait', async () => {
  const retry = new Retry(() => new Promise(() => {}));
  const waiting = Promise.all([retry.wait(1), retry.wait(9)]);
  retry.goOn();
  await waiting;
  let again = false;
  void retry.wait(1).then(() => (again = true));
  await new Promise(setImmediate);
  assert.equal(again, false);
});
