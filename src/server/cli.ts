#!/usr/bin/env node
import { version } from '../version.js';
import { serve } from './command/serve.js';
import { token, tokenOptions } from './command/token.js';
import { describeOptions, UsageError } from './options.js';
import { settings } from './settings.js';

const help = `Usage: session-connection-count [command] [options]

serve (default): runs a session server
${describeOptions(settings)}
token: prints a client token
${describeOptions(tokenOptions)}
A flag wins over its environment variable. Without a key and a secret the server is for development: it
makes both, keeps them in the working directory and listens on this computer alone.
`;

async function run(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return console.log(help);
  if (args.includes('--version')) return console.log(version);
  const [first = 'serve', ...rest] = args;
  if (first.startsWith('-')) return serve(args, process.env);
  if (first === 'serve') return serve(rest, process.env);
  if (first === 'token') return token(rest, process.env);
  throw new UsageError(`The command "${first}" is unknown: use serve or token, or see --help`);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
