import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { version } from '../src/version.js';

test('the version is that of package.json', () => {
  assert.equal(version, JSON.parse(readFileSync('package.json', 'utf8')).version);
});
