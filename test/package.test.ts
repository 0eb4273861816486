import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';

interface Manifest {
  exports: Record<string, string | { types: string; default?: string; node?: string }>;
  dependencies: Record<string, string>;
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const entries = Object.entries(manifest.exports).filter(([, target]) => typeof target === 'object');

suite('the built package', () => {
  for (const [path, target] of entries) {
    const name = path.replace('.', 'session-connection-count');
    test(`${name} can be imported in Node and has its types`, () => {
      const program = `console.log(Object.keys(await import(${JSON.stringify(name)})).length)`;
      const exported = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
      });
      assert.ok(Number(exported) > 0, 'it exports nothing');
      assert.ok(existsSync((target as { types: string }).types));
    });
  }

  test('gives a page author one small dependency', () => {
    assert.deepEqual(Object.keys(manifest.dependencies), ['lit']);
  });

  test('keeps the licences of what it bundles beside the bundles', () => {
    assert.match(
      readFileSync('dist/cdn/session-connection-count.licenses.txt', 'utf8'),
      /BSD-3-Clause[^]*Google/,
    );
    const server = readFileSync('dist/server/THIRD-PARTY-LICENSES.txt', 'utf8');
    for (const name of ['hono', 'jose', 'ws']) assert.match(server, new RegExp(`Name: ${name}\\n`));
  });
});
