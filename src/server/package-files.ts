import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The package's folder: as far above `dist/server/`, where this runs bundled, as above `src/server/`. Made without
 * `new URL(…, import.meta.url)`, which the bundlers of others take for a file to bundle, and don't find.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Where the built files for browsers are. */
export const browserFolder = join(root, 'dist/cdn');

/** Where the playground and the demo pages are. */
export const demoFolder = join(root, 'demo');
