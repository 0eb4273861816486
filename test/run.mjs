/**
 * Builds the package and runs every test: `npm test`, or `node test/run.mjs server system` for some folders.
 * With --all also those that install a lot first, as frameworks: `npm run test:all`.
 * Closes with one line, `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** In ms: what hangs has to fail, since nobody may be there to look. */
const longest = 600_000;
/** How many files run at a time: many wait most of their time, for leases and for clients that are silent. */
const filesAtOnce = 2;
/** Browsers take all that a machine has. */
const takesAll = (path) => path.startsWith(join('test', 'system'));

const chosen = process.argv.slice(2).filter((argument) => argument !== '--all');
const isChosen = (path) => !chosen.length || chosen.some((part) => path.includes(part));
const needsInstall = (path) => path.startsWith(join('test', 'frameworks'));
const everything = process.argv.includes('--all');
const ofNode = readdirSync('test', { recursive: true })
  .map((path) => join('test', path))
  .filter((path) => path.endsWith('.test.ts') && !path.startsWith(join('test', 'browser')) && isChosen(path))
  .filter((path) => everything || !needsInstall(path));

/** Runs a program and reads what it counted out of what it prints. */
function run(command, args, read = () => ({})) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    process.stdout.write(part);
    text += part;
  });
  return new Promise((resolve) =>
    child.on('close', (code) => {
      const counts = { passed: 0, failed: 0, skipped: 0, ...read(text) };
      // A program that broke down without counting anything must not look well.
      if (code !== 0 && !counts.failed) counts.failed = 1;
      resolve(counts);
    }),
  );
}

function readNodeTest(text) {
  const count = (word) => Number(text.match(new RegExp(`^ℹ ${word} (\\d+)$`, 'm'))?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail') + count('cancelled'), skipped: count('skipped') };
}

function readWebTestRunner(text) {
  const [, passed, failed, skipped] = text.match(/^(\d+) passed, (\d+) failed, (\d+) skipped$/m) ?? [
    0, 0, 0, 0,
  ];
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}

const build = await run('npm', ['run', '--silent', 'build']);
const runs = [build];
const inParts = [
  { files: ofNode.filter((path) => !takesAll(path)), atOnce: filesAtOnce },
  { files: ofNode.filter(takesAll), atOnce: 1 },
];
for (const { files, atOnce } of inParts) {
  if (build.failed || !files.length) continue;
  const settings = [`--test-timeout=${longest}`, `--test-concurrency=${atOnce}`];
  const args = ['--import', 'tsx', '--test', '--test-reporter=spec', ...settings, ...files];
  runs.push(await run(process.execPath, args, readNodeTest));
}
if (!build.failed && isChosen('test/browser')) {
  runs.push(await run(process.execPath, ['node_modules/@web/test-runner/dist/bin.js'], readWebTestRunner));
}
const sum = (name) => runs.reduce((total, counts) => total + counts[name], 0);
const skipped = sum('skipped');
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped ? `, ${skipped} skipped` : ''}`);
process.exitCode = sum('failed') ? 1 : 0;
