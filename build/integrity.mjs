/** Prints what a page may demand of each browser file (Subresource Integrity), and keeps it beside them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = 'dist/cdn';
const hash = (file) =>
  `sha384-${createHash('sha384')
    .update(readFileSync(join(folder, file)))
    .digest('base64')}`;
const hashes = Object.fromEntries(
  readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => [file, hash(file)]),
);
writeFileSync(join(folder, 'integrity.json'), `${JSON.stringify(hashes, null, 2)}\n`);
// Not where the build is a part of something else, as of `npm start`.
if (process.env.npm_config_loglevel !== 'silent') {
  for (const [file, value] of Object.entries(hashes)) console.log(`${file}: ${value}`);
}
