import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the checklist names tests that are there', () => {
  const named = [...read('README.md').matchAll(/`([\w/.-]+\.test\.ts)`(?: _([^|]*?)_(?=[;|, ]))?/g)];
  assert.ok(named.length > 50, `it names ${named.length}`);
  const missing = named
    .filter(([, file, title = '']) => {
      const path = new URL(file!, import.meta.url);
      // In a title an apostrophe may be escaped, or of a string in other quotes.
      return !existsSync(path) || !read(file!).replaceAll("\\'", "'").includes(title);
    })
    .map(([text]) => text);
  assert.deepEqual(missing, []);
});
