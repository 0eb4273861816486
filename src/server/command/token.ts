import { roles, type Role } from '../../protocol/connection.js';
import { SessionError } from '../../protocol/session-error.js';
import { isSessionId } from '../../protocol/session-id.js';
import { developmentKey } from '../development-key.js';
import { readOptions, UsageError, type Options } from '../options.js';
import { projectOf, settings } from '../settings.js';
import { issueClientToken, type ProjectKeys } from '../tokens/index.js';

function session(text: string): string {
  if (text === '') throw new Error('name the session that the token is for, as --session lobby');
  if (!isSessionId(text)) throw new Error('it has to be 1 to 255 characters, without control characters');
  return text;
}

function role(text: string): Role {
  const known = roles.find((name) => name === text);
  if (!known) throw new Error(`it has to be one of ${roles.join(', ')}`);
  return known;
}

const secondsPer: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** In seconds. */
function duration(text: string): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (!unit) throw new Error('it has to be a number with its unit, such as 90s, 15m, 24h or 30d');
  return Number(amount) * secondsPer[unit]!;
}

/** The options of the command `token`. */
export const tokenOptions = {
  session: {
    flag: 'session',
    placeholder: 'id',
    default: '',
    description: 'The session that the token is for. Required.',
    parse: session,
  },
  role: {
    flag: 'role',
    placeholder: 'role',
    default: 'publisher',
    description: `Who the token makes its bearer: ${roles.join(', ')}.`,
    parse: role,
  },
  data: {
    flag: 'data',
    placeholder: 'text',
    default: '',
    description: 'What everybody in the session can read about the connection.',
    parse: (text: string): string => text,
  },
  expiresIn: {
    flag: 'expires-in',
    placeholder: 'time',
    default: '24h',
    description: "The token's life, such as 90s, 15m, 24h, 30d.",
    parse: duration,
  },
  apiKey: settings.apiKey,
  apiSecrets: settings.apiSecrets,
} as const satisfies Options;

/**
 * The command `token`: prints a client token, and nothing else.
 *
 * @param args The command line after the command.
 * @throws {UsageError} where an option is unknown or bad.
 */
export async function token(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const { session: sessionId, ...options } = readOptions(tokenOptions, args, environment);
  const { apiKey, apiSecrets } = projectOf(options) ?? keptProject();
  try {
    console.log(await issueClientToken({ ...options, sessionId, apiKey, apiSecret: apiSecrets[0]! }));
  } catch (error) {
    throw error instanceof SessionError ? new UsageError(error.message) : error;
  }
}

function keptProject(): ProjectKeys {
  const { apiKey, apiSecret, file, notKept } = developmentKey(process.cwd());
  if (notKept !== undefined) {
    throw new Error(
      `The development key can't be kept in ${file} (${notKept}), so no server would know the token: give --api-key and --api-secret, or make the folder writable`,
    );
  }
  return { apiKey, apiSecrets: [apiSecret] };
}
