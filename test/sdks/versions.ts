import { readFileSync } from 'node:fs';

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  dependencies: Record<string, string>;
};

/** A package that is installed for the tests here, with its version: `pusher-js 8.6.0`. */
export function installed(name: string): string {
  const version = dependencies[name];
  if (!version) throw new Error(`Not in test/sdks/package.json: ${name}`);
  return `${name} ${version}`;
}
