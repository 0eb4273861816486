import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a development key is kept, in the working directory. */
export const developmentKeyFile = '.session-connection-count.json';

/** The API key and secret of a server that was given none. */
export interface DevelopmentKey {
  readonly apiKey: string;
  readonly apiSecret: string;
  /** The path of the file that keeps it. */
  readonly file: string;
  /** Why it couldn't be kept and so is good for this run only; undefined where it is kept. */
  readonly notKept: string | undefined;
}

/**
 * Reads the development key of a folder, or makes one and keeps it there, so that a token that was pasted
 * into a page yesterday works today.
 *
 * @throws {Error} where there is a file that can't be read or holds something else.
 */
export function developmentKey(folder: string): DevelopmentKey {
  const file = join(folder, developmentKeyFile);
  const kept = read(file);
  if (kept) return { ...kept, file, notKept: undefined };
  const made = {
    apiKey: `development-${randomBytes(4).toString('hex')}`,
    apiSecret: randomBytes(20).toString('hex'),
  };
  try {
    writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    return { ...made, file, notKept: undefined };
  } catch (error) {
    return { ...made, file, notKept: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

function read(file: string): { apiKey: string; apiSecret: string } | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(
      `The development key in ${file} can't be read (${code}): delete it, and the next start makes a new one`,
      { cause: error },
    );
  }
  const { apiKey, apiSecret } = parse(text);
  if (typeof apiKey !== 'string' || typeof apiSecret !== 'string' || !apiKey || !apiSecret) {
    throw new Error(
      `The file ${file} holds no development key: delete it, and the next start makes a new one`,
    );
  }
  return { apiKey, apiSecret };
}

function parse(text: string): { apiKey?: unknown; apiSecret?: unknown } {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    return {};
  }
}
