import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin, SourceMap, type SourceMapPayload } from 'node:module';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { publint } from 'publint';
import { rollup } from 'rollup';
import { Packed } from './packed.js';

type Target = string | { types: string; default?: string; node?: string };

interface PackageDescription {
  exports: Record<string, Target>;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  types: string;
  unpkg: string;
  jsdelivr: string;
  customElements: string;
  'web-types': string;
}

const packed = new Packed();
const folder = packed.unpack();
after(() => packed.remove());

const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
const description = JSON.parse(read('package.json')) as PackageDescription;
/** The names that stand for a star, of which each has a file. */
const starNames = ({ types }: { types: string }): string[] =>
  readdirSync(join(folder, types.slice(0, types.indexOf('*'))))
    .filter((file) => file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -'.d.ts'.length));
const conditions = Object.entries(description.exports).flatMap(([path, target]) =>
  (typeof target === 'string' ? [] : path.includes('*') ? starNames(target) : ['']).map((name) => {
    const named = JSON.parse(JSON.stringify({ path, target }).replaceAll('*', name)) as {
      path: string;
      target: Exclude<Target, string>;
    };
    return { ...named, name: named.path.replace('.', 'session-connection-count') };
  }),
);
const browserFiles = readdirSync(join(folder, 'dist/cdn')).filter((file) => file.endsWith('.js'));

suite('the package as it is published', () => {
  test('has every file that package.json names', () => {
    const { exports, bin, types, unpkg, jsdelivr, customElements, 'web-types': webTypes } = description;
    const named = [
      ...Object.values(exports).filter((target) => typeof target === 'string'),
      ...conditions.flatMap(({ target }) => Object.values(target)),
      ...Object.values(bin),
      ...[types, unpkg, jsdelivr, customElements, webTypes],
    ];
    for (const path of named) {
      if (path.endsWith('/*')) assert.ok(readdirSync(join(folder, path.slice(0, -1))).length, path);
      else assert.ok(existsSync(join(folder, path)), `${path} is missing`);
    }
  });

  for (const { name, target } of conditions.filter(({ target }) => target.default || target.node)) {
    test(`${name} can be imported in Node, where there is no document`, () => {
      const program = `const module = await import(${JSON.stringify(name)});
        console.log(Object.keys(module).length, typeof globalThis.document, typeof globalThis.HTMLElement)`;
      const exported = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
        cwd: packed.folder,
        encoding: 'utf8',
      });
      assert.match(exported, /^[1-9]\d* undefined undefined\n$/);
      assert.ok(existsSync(join(folder, target.types)));
    });
  }

  test('has nothing that publint finds fault with', async () => {
    const { messages } = await publint({ pack: { tarball: packed.bytes.buffer }, strict: true });
    assert.deepEqual(messages, []);
  });

  test('has types that fit its modules, wherever ES modules are imported', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(packed.bytes)));
    assert.ok(analysis.types);
    // What CommonJS, or TypeScript without `exports`, would make of a package of ES modules.
    const others = ['node10', 'node16-cjs'];
    const problems = analysis.problems.filter(
      (problem) => !('resolutionKind' in problem && others.includes(problem.resolutionKind)),
    );
    assert.deepEqual(problems, []);
  });

  test('gives a page author one small dependency', () => {
    assert.deepEqual(Object.keys(description.dependencies), ['lit']);
  });

  test('is left out of a bundle where nothing of it is used, but for the entry that defines the element', async () => {
    const bundled = async (program: string): Promise<string> => {
      const input = join(packed.folder, 'entry.js');
      writeFileSync(input, program);
      const bundle = await rollup({
        input,
        external: /^lit$/,
        // Lit is not what is asked about.
        treeshake: { moduleSideEffects: 'no-external' },
        plugins: [nodeResolve()],
        onwarn: () => {},
      });
      const { output } = await bundle.generate({});
      return output[0].code;
    };
    for (const { name } of conditions.filter(({ path, target }) => path !== '.' && target.default)) {
      assert.equal((await bundled(`import ${JSON.stringify(name)};`)).trim(), '', name);
    }
    assert.match(await bundled('import "session-connection-count";'), /\.define\(/);
    const client = await bundled('export { Session } from "session-connection-count/client.js";');
    assert.doesNotMatch(client, /\blit\b|SessionConnectionCountElement/);
  });

  test('tells the hashes of its browser files', () => {
    const hashes = JSON.parse(read('dist/cdn/integrity.json')) as Record<string, string>;
    assert.deepEqual(Object.keys(hashes), browserFiles);
    for (const [file, hash] of Object.entries(hashes)) {
      assert.equal(
        hash,
        `sha384-${createHash('sha384')
          .update(read(`dist/cdn/${file}`))
          .digest('base64')}`,
      );
    }
  });

  for (const file of browserFiles) {
    test(`${file} has a source map that leads to what it was made of`, () => {
      const code = read(`dist/cdn/${file}`);
      const map = JSON.parse(read(`dist/cdn/${file}.map`)) as SourceMapPayload;
      const sourceMap = new SourceMap(map);
      const lines = code.split('\n');
      for (const [text] of code.matchAll(/["'](?:client|force|network)Disconnected["']/g)) {
        const line = lines.findIndex((each) => each.includes(text));
        const entry = sourceMap.findEntry(line, lines[line]!.indexOf(text));
        assert.ok('originalSource' in entry, text);
        const source = map.sourcesContent[map.sources.indexOf(entry.originalSource)]!;
        const original = source.split('\n')[entry.originalLine]!.slice(entry.originalColumn);
        assert.equal(original.slice(1, text.length - 1), text.slice(1, -1), entry.originalSource);
      }
    });
  }

  test('keeps the licences of what it bundles beside the bundles, and says where', () => {
    const file = 'session-connection-count.licenses.txt';
    const [firstLine] = read('dist/cdn/session-connection-count.js').split('\n');
    assert.ok(firstLine!.includes(file), firstLine);
    const browser = read(`dist/cdn/${file}`);
    assert.match(browser, /BSD-3-Clause[^]*Google/);
    assert.match(browser, /Name: session-connection-count\n[^]*MIT License/);
  });

  test('has a bill of the packages that the server is made of, each with its licence', () => {
    const { components } = JSON.parse(read('dist/server/sbom.json')) as {
      components: { name: string; version: string; purl: string; licenses: { expression: string }[] }[];
    };
    const licences = read('dist/server/THIRD-PARTY-LICENSES.txt');
    const named = [...licences.matchAll(/^Name: (.*)$/gm)].map(([, name]) => name);
    assert.deepEqual(
      components.map(({ name }) => name),
      named,
    );
    for (const { name, version, purl, licenses } of components) {
      const installed = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as {
        version: string;
        license: string;
      };
      assert.equal(version, installed.version);
      assert.equal(purl, `pkg:npm/${name.replace('@', '%40')}@${version}`);
      assert.deepEqual(licenses, [{ expression: installed.license }]);
    }
    for (const name of ['hono', 'jose', 'ws']) assert.ok(named.includes(name), name);
    for (const file of readdirSync(join(folder, 'dist/server')).filter((name) => name.endsWith('.js'))) {
      const imports = read(`dist/server/${file}`).matchAll(/^import .*? from ["'](.*)["'];$/gm);
      const packages = [...imports]
        .map(([, name]) => name!)
        .filter((name) => !isBuiltin(name) && !name.startsWith('./'));
      assert.deepEqual(packages, [], file);
    }
  });
});
