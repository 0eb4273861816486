import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { developmentKey, developmentKeyFile } from '../../src/server/development-key.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'development-key-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the key is kept for its owner alone and read back', () => {
  const made = developmentKey(folder);
  assert.equal(made.notKept, undefined);
  assert.equal(made.file, join(folder, developmentKeyFile));
  assert.match(made.apiSecret, /^[0-9a-f]{40}$/);
  assert.equal(statSync(made.file).mode & 0o777, 0o600);
  assert.deepEqual(developmentKey(folder), made);
});

test('each folder has a key of its own', () => {
  const made = developmentKey(folder);
  rmSync(made.file);
  const next = developmentKey(folder);
  assert.notEqual(next.apiKey, made.apiKey);
  assert.notEqual(next.apiSecret, made.apiSecret);
});

for (const content of ['', 'null', '{', '[]', '{"apiKey":"a"}', '{"apiKey":1,"apiSecret":"b"}']) {
  test(`a file that holds ${content || 'nothing'} is reported, not replaced`, () => {
    const file = join(folder, developmentKeyFile);
    writeFileSync(file, content);
    assert.throws(
      () => developmentKey(folder),
      (error: Error) => error.message.includes(file) && error.message.includes('delete it'),
    );
    assert.equal(readFileSync(file, 'utf8'), content);
  });
}

test('what cannot be read is reported', () => {
  mkdirSync(join(folder, developmentKeyFile));
  assert.throws(() => developmentKey(folder), /EISDIR.*delete it/);
});

test('where it cannot be kept it is good for this run', () => {
  const missing = join(folder, 'missing');
  const made = developmentKey(missing);
  assert.equal(made.notKept, 'ENOENT');
  assert.notEqual(developmentKey(missing).apiSecret, made.apiSecret);
});
