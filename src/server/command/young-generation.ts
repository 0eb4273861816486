import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation at the size that it has now, some 4 MB after a start, where it would grow to 32 MB (64 MB
 * from Node 24 on) and stay so. What a server allocates is either gone at once or there for as long as its connection.
 * Does nothing where Node was told a size (`--max-semi-space-size`).
 *
 * The growth is the one setting of it that V8 reads while it runs.
 */
export function holdYoungGeneration(): void {
  const flags = [...process.execArgv, process.env.NODE_OPTIONS].join(' ');
  if (!/semi[-_]space/.test(flags)) setFlagsFromString('--semi-space-growth-factor=1');
}
