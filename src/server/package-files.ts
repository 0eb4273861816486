import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The package's folder: as far above `dist/server/`, where this runs bundled, as above `src/server/`. */
const root = new URL('../../', import.meta.url);

/** The version of this package. */
export const { version: packageVersion } = JSON.parse(
  readFileSync(new URL('package.json', root), 'utf8'),
) as {
  version: string;
};

/** Where the built files for browsers are. */
export const browserFolder = fileURLToPath(new URL('dist/cdn/', root));

/** Where the playground and the demo pages are. */
export const demoFolder = fileURLToPath(new URL('demo/', root));
