import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { platforms } from './platforms/index.js';
import { readmeWithTable } from './table.js';

test('the README’s table of platforms says what they promise and are tested against', async () => {
  const readme = readFileSync('README.md', 'utf8');
  assert.equal(readme, await readmeWithTable(), 'to be written by: node --import tsx test/adapters/table.ts');
});

test('every platform has an entry point of its own, and tests that there are', () => {
  for (const { entry, tested } of platforms) {
    assert.ok(existsSync(`src/adapters/platforms/${entry}.ts`), entry);
    assert.ok(tested.length, entry);
    for (const each of tested) {
      if ('test' in each) assert.ok(existsSync(each.test), each.test);
      if ('sdk' in each) assert.ok(existsSync(`test/sdks/${each.sdk}.ts`), each.sdk);
    }
  }
});
