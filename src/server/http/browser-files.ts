import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { errorAnswer } from './error-answer.js';

const mainFile = 'session-connection-count.js';

const contentTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * Only a file that a session server serves knows its server: it is the folder that the file came from. The
 * files on npm and CDNs are the same without this line, since their folder holds no server.
 */
const ownServer =
  'customElements.get("session-connection-count").defaultServer??=new URL(".",import.meta.url).href;\n';

interface Variant {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

type Encoding = 'br' | 'gzip' | 'identity';

type Variants = Readonly<Partial<Record<Encoding, Variant>> & { identity: Variant }>;

function variant(body: Uint8Array): Variant {
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 27);
  return { body: Uint8Array.from(body), etag: `"${digest}"` };
}

function variants(source: Buffer): Variants {
  return {
    br: variant(brotliCompressSync(source)),
    gzip: variant(gzipSync(source, { level: 9 })),
    identity: variant(source),
  };
}

function read(folder: string, name: string): Buffer {
  try {
    return readFileSync(join(folder, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`The file ${join(folder, name)} can't be read (${code}): run npm run build first`, {
      cause: error,
    });
  }
}

/** The best encoding that an Accept-Encoding header names; a server may always answer without one. */
function chooseEncoding(accepted: string | undefined): Encoding {
  const named = (accepted ?? '')
    .split(',')
    .filter((item) => !/;\s*q=0(\.0*)?\s*$/.test(item))
    .map((item) => item.split(';')[0]!.trim().toLowerCase());
  return named.includes('br') ? 'br' : named.includes('gzip') ? 'gzip' : 'identity';
}

const isCurrent = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined &&
  ifNoneMatch
    .split(',')
    .map((item) => item.trim().replace(/^W\//, ''))
    .some((item) => item === '*' || item === etag);

/**
 * The routes of the files that pages load. The files are read and compressed once, here.
 *
 * @param folder Where the built files are.
 * @param version The package's version, which the immutable address of the main file holds.
 * @throws {Error} where the main file is missing.
 */
export function browserFiles(folder: string, version: string): Hono {
  const routes = new Hono();
  const main = variants(Buffer.concat([read(folder, mainFile), Buffer.from(`\n${ownServer}`)]));

  const serve = (name: string, file: Variants, caching: string, map?: string): void => {
    routes.get(`/${name}`, (context) => {
      const best = chooseEncoding(context.req.header('Accept-Encoding'));
      const encoding = file[best] ? best : 'identity';
      const { body, etag } = file[encoding]!;
      context.header('Cache-Control', caching);
      context.header('ETag', etag);
      context.header('Vary', 'Accept-Encoding');
      context.header('Access-Control-Allow-Origin', '*');
      context.header('Cross-Origin-Resource-Policy', 'cross-origin');
      if (map) context.header('SourceMap', map);
      if (isCurrent(context.req.header('If-None-Match'), etag)) return context.body(null, 304);
      if (encoding !== 'identity') context.header('Content-Encoding', encoding);
      context.header('Content-Type', contentTypes[extname(name)]);
      context.header('Content-Length', String(body.length));
      return context.body(body);
    });
  };

  const names = readdirSync(folder);
  const mapOf = (name: string): string | undefined => names.find((other) => other === `${name}.map`);
  serve(mainFile, main, 'public, max-age=300', mapOf(mainFile));
  serve(
    `session-connection-count-${version}.js`,
    main,
    'public, max-age=31536000, immutable',
    mapOf(mainFile),
  );
  // What the main file loads on demand, from its own folder, and the licences that it points to.
  for (const name of names) {
    if (name === mainFile || !(extname(name) in contentTypes)) continue;
    const source = read(folder, name);
    // Maps are large, and for those alone who look into the code: no start waits until they are compressed.
    const file = extname(name) === '.map' ? { identity: variant(source) } : variants(source);
    serve(name, file, 'public, max-age=300', mapOf(name));
  }

  routes.get('/:file{session-connection-count-\\d.*\\.js}', (context) =>
    errorAnswer(
      context,
      404,
      `This server has version ${version} alone: load /session-connection-count-${version}.js, or /${mainFile} for whatever version it has`,
    ),
  );
  return routes;
}
