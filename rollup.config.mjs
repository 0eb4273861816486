import { existsSync, readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import esbuild from 'rollup-plugin-esbuild';
import license from 'rollup-plugin-license';
import MagicString from 'magic-string';
import { bill } from './build/bill-of-materials.mjs';

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));

const edited = (code) => ({ code: code.toString(), map: code.generateMap({ hires: true }) });

/** Takes over the source maps that lie beside the modules: those of the bundles lead to what people wrote. */
const sourceMapsOfModules = {
  name: 'source-maps-of-modules',
  load: (id) =>
    existsSync(`${id}.map`)
      ? { code: readFileSync(id, 'utf8'), map: JSON.parse(readFileSync(`${id}.map`, 'utf8')) }
      : null,
};

/** What a page may be made to load for the element, in bytes. Raised only by a commit that says why. */
const budget = { gzip: 11_000, brotli: 10_000 };

/** Takes the white space out of the style sheet, which terser leaves as it is. */
const styleMinifier = {
  name: 'style-minifier',
  transform: (code, id) =>
    id.endsWith('/element/styles.js')
      ? edited(
          new MagicString(code).replace(/`[^`]*`/, (sheet) =>
            sheet
              .replace(/\s+/g, ' ')
              .replace(/ ?([{};,]) ?|(:) /g, '$1$2')
              .replace(/;}/g, '}')
              .replace(/\b0\./g, '.'),
          ),
        )
      : null,
};

/**
 * Gives the private names of every module the same few names. Terser makes them short, but each is another one, and
 * what recurs packs better: 0.1 kB.
 */
const privateNames = {
  name: 'private-names',
  transform(code, id) {
    if (id.includes('node_modules')) return null;
    const found = [];
    JSON.stringify(this.parse(code), (_, node) => {
      if (node?.type === 'PrivateIdentifier') found.push(node);
      return node;
    });
    const names = [...new Set(found.map(({ name }) => name))];
    const renamed = new MagicString(code);
    for (const { start, end, name } of found) renamed.update(start, end, `#private${names.indexOf(name)}`);
    return edited(renamed);
  },
};

/**
 * Leaves out lit's style sheets, 0.4 kB: they work in one document only, so the element dresses itself. The build
 * fails where lit comes to ask more of that module than the stand-in has.
 */
const withoutLitStyles = {
  name: 'without-lit-styles',
  load: (id) =>
    /[\\/]@lit[\\/]reactive-element[\\/]css-tag\.js$/.test(id)
      ? `export const adoptStyles = () => {}, getCompatibleStyle = (style) => style;
         export let CSSResult, css, supportsAdoptingStyleSheets, unsafeCSS;`
      : null,
};

/** Leaves out pino's worker threads, which read files that aren't there when bundled: the log is standard output. */
const withoutLogWorkers = {
  name: 'without-log-workers',
  load: (id) => (/[\\/]pino[\\/]lib[\\/]transport\.js$/.test(id) ? 'module.exports = undefined;' : null),
};

/**
 * Leaves out what lit has for its polyfills, which no browser needs that the element runs in, and for its warning that
 * another copy of lit is there too: 0.05 kB.
 */
const withoutLitHooks = {
  name: 'without-lit-hooks',
  transform(code, id) {
    if (!/[\\/]@lit[\\/]reactive-element[\\/]reactive-element\.js$/.test(id)) return null;
    const hooks =
      /[\w$]+=[\w$]+\.reactiveElementPolyfillSupport,|,[\w$]+\?\.\(\{ReactiveElement:[\w$]+\}\),\([\w$]+\.reactiveElementVersions\?\?=\[\]\)\.push\("[\d.]+"\)/g;
    const found = [...code.matchAll(hooks)];
    if (found.length !== 2) this.error('lit has its hooks for polyfills elsewhere');
    const left = new MagicString(code);
    for (const {
      index,
      0: { length },
    } of found)
      left.remove(index, index + length);
    return edited(left);
  },
};

/**
 * Fails the build where the file outgrows its budget, or where lit's development mode or its templates got into
 * it. The templates would cost 2.8 kB, and a Trusted Types policy.
 */
const sizeBudget = {
  name: 'size-budget',
  generateBundle(_, bundle) {
    for (const { fileName, code } of Object.values(bundle)) {
      if (!code) continue;
      const sizes = {
        gzip: gzipSync(code, { level: 9 }).length,
        brotli: brotliCompressSync(code).length,
      };
      for (const [encoding, size] of Object.entries(sizes)) {
        // Not where the build is a part of something else, as of `npm start`.
        if (process.env.npm_config_loglevel !== 'silent') {
          console.log(`${fileName}: ${size} of ${budget[encoding]} bytes ${encoding}`);
        }
      }
      const over = Object.keys(budget).filter((encoding) => sizes[encoding] > budget[encoding]);
      if (over.length) this.error(`${fileName} is over its budget: ${over}`);
      if (/dev.?mode/i.test(code)) this.error(`${fileName} has lit's development mode in it`);
      if (/lit-?html/i.test(code)) this.error(`${fileName} has lit's templates in it`);
    }
  },
};

/**
 * Properties that terser may rename: lit's, which mark themselves, and those that our modules have for each other
 * and that are neither in the public API nor in a frame nor the browser's. 0.1 kB.
 */
const internal =
  /^(_\$.*|accept|advance|behind|forgetList|held|isListed|isLater|joinFields|leaving|linked|listDue|listVersion|listed|lost|missing|plural|receive|received|refuse|release|restart|retry|running|shut|syncFrame|syncVersion|tell|total|troubled|untold|users)$/;

/** Leaves what is loaded on demand in a file of its own, beside the one that loads it. */
const onDemand = {
  name: 'on-demand',
  resolveDynamicImport: (specifier) => {
    const [, part] = /(\w+)(?:\/index)?\.js$/.exec(specifier);
    return { id: `./${name}.${part}.js`, external: true };
  },
};

const minify = [
  onDemand,
  styleMinifier,
  privateNames,
  withoutLitStyles,
  withoutLitHooks,
  sourceMapsOfModules,
  nodeResolve({ exportConditions: ['production'] }),
  terser({
    module: true,
    ecma: 2022,
    compress: { passes: 3, inline: 1, keep_fargs: false, pure_getters: true, unsafe_arrows: true },
    mangle: { properties: { regex: internal } },
    format: { comments: false },
  }),
];

// The files don't name their maps, which would cost bytes: the session server does, in a header.
const sourcemap = 'hidden';

/** What a `<script>` on a page loads: everything in one file. Made of tsc's output. */
const browser = [
  {
    input: 'dist/index.js',
    // The package lit loads its templates before anybody asks for them.
    treeshake: { moduleSideEffects: (id) => !/[\\/]lit-(html|element)[\\/]/.test(id) },
    output: { file: `dist/cdn/${name}.js`, sourcemap },
    plugins: [
      ...minify,
      license({
        banner: {
          commentStyle: 'none',
          content: `/*! ${name} ${version}: ${name}.licenses.txt */`,
        },
        thirdParty: { includeSelf: true, output: { file: `dist/cdn/${name}.licenses.txt` } },
      }),
      sizeBudget,
    ],
  },
  {
    input: 'dist/client/fallback.js',
    output: { file: `dist/cdn/${name}.fallback.js`, sourcemap },
    plugins: minify,
  },
  {
    input: 'dist/adapters/index.js',
    output: { file: `dist/cdn/${name}.adapters.js`, sourcemap },
    plugins: minify,
  },
  {
    input: 'dist/facades/globals.js',
    output: { file: `dist/cdn/${name}.facades.js`, format: 'iife', sourcemap },
    plugins: minify,
  },
];

/** Takes in data: the client of Redis reads its own version. */
const json = {
  name: 'json',
  transform: (code, id) => (id.endsWith('.json') ? { code: `export default ${code}`, map: null } : null),
};

/** What `npx session-connection-count serve` runs: the server and the packages that it needs. */
const server = [
  {
    input: ['src/server/index.ts', 'src/server/cli.ts'],
    output: { dir: 'dist/server', chunkFileNames: '[name].js', hoistTransitiveImports: false },
    // The client of Redis asks for it where somebody wants a digest, which nobody does here.
    external: [/^node:/, '@node-rs/xxhash'],
    plugins: [
      esbuild({ target: 'node20' }),
      json,
      nodeResolve({ exportConditions: ['node'], preferBuiltins: true }),
      withoutLogWorkers,
      commonjs(),
      license({
        thirdParty: {
          output: [
            { file: 'dist/server/THIRD-PARTY-LICENSES.txt' },
            { file: 'dist/server/sbom.json', template: (bundled) => bill({ name, version }, bundled) },
          ],
        },
      }),
    ],
  },
];

export default [...browser, ...server];
