import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { isSessionId } from '../protocol/session-id.js';
import { defaultLimits, type Limits } from './limits.js';
import { isLoopback } from './loopback.js';
import { nameOf, readOptions, UsageError, type OptionValues } from './options.js';
import type { ProjectKeys } from './tokens/index.js';

/** In characters. OpenTok's secrets have 40. */
const shortestSecret = 16;

const list = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65_535) throw new Error('it has to be a port number from 0 to 65535');
  return number;
}

function host(text: string): string {
  if (!isIP(text) && !/^[\w.-]+$/.test(text)) {
    throw new Error('it has to be a host name or an IP address, without scheme, port or path');
  }
  return text;
}

function apiKey(text: string): string | undefined {
  if (text === '') return undefined;
  if (!/^[\w.-]{1,100}$/.test(text)) {
    throw new Error('it has to be 1 to 100 letters, digits, dots, hyphens and underscores');
  }
  return text;
}

function apiSecrets(text: string): string[] {
  const secrets = list(text);
  if (secrets.length > 2) {
    throw new Error(`it holds ${secrets.length} secrets: give one, or two while the old one is replaced`);
  }
  if (secrets.some((secret) => secret.length < shortestSecret)) {
    throw new Error(
      `a secret of fewer than ${shortestSecret} characters can be guessed: take a longer one, as openssl rand -hex 20 makes it`,
    );
  }
  return secrets;
}

function applicationId(text: string): string | undefined {
  if (text === '') return undefined;
  if (!/^[\w-]{1,100}$/.test(text)) {
    throw new Error('it has to be 1 to 100 letters, digits, hyphens and underscores, as a UUID is');
  }
  return text;
}

/** Takes PEM text, also with `\n` for its line ends as environment files have it, or the name of a file. */
function publicKey(text: string): KeyObject | undefined {
  if (text === '') return undefined;
  const isPem = text.trimStart().startsWith('-----BEGIN');
  let pem: string;
  try {
    pem = isPem ? text.replaceAll('\\n', '\n') : readFileSync(text, 'utf8');
  } catch (error) {
    throw new Error(
      `it has to be PEM text or a file that can be read (${(error as NodeJS.ErrnoException).code})`,
      { cause: error },
    );
  }
  // Node would take one, and make the public key of it.
  if (pem.includes('PRIVATE KEY'))
    throw new Error('it is a private key, which only who makes tokens should have');
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails!.modulusLength! >= 2048) return key;
  } catch {
    // No key at all: the same answer.
  }
  throw new Error('it has to be an RSA public key of at least 2048 bits, in PEM');
}

function openSessions(text: string): string[] {
  const patterns = list(text);
  if (!patterns.every(isSessionId)) {
    throw new Error('each id has to be 1 to 255 characters, without control characters');
  }
  return patterns;
}

function allowedOrigins(text: string): string[] {
  const origins = list(text);
  if (origins.includes('*') && origins.length > 1) {
    throw new Error('* is every origin already: give it alone, or leave it out');
  }
  for (const origin of origins) {
    if (origin === '*' || origin === 'null') continue;
    if (!/^[a-z][a-z\d+.-]*:\/\/[^*]+$/i.test(origin) || !URL.canParse(origin)) {
      throw new Error('each has to be an origin such as https://example.com, or null, or * for every one');
    }
    const url = new URL(origin);
    // Of other schemes, as apps have them, URL knows no origin: they are taken as written.
    if (/^https?:$/.test(url.protocol) && url.origin !== origin) {
      throw new Error(`an origin is scheme, host and port alone: write ${url.origin}`);
    }
  }
  return origins;
}

/** The setting of a limit, whose default is that of {@link defaultLimits}. */
const limit = (name: keyof Limits, flag: string, description: string) => ({
  flag,
  variable: flag.replaceAll('-', '_').toUpperCase(),
  placeholder: 'number',
  default: `${defaultLimits[name]}`,
  description,
  parse: whole,
});

function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error('it has to be a whole number from 1 up');
  return Number(text);
}

function proxies(text: string): number {
  if (!/^\d$/.test(text)) throw new Error('it has to be a number from 0 to 9');
  return Number(text);
}

/** The settings of the session server. What reads, checks and describes them works from this table. */
export const settings = {
  port: {
    flag: 'port',
    variable: 'PORT',
    placeholder: 'number',
    default: '8787',
    description: 'The port to listen on; 0 takes any free one.',
    parse: port,
  },
  host: {
    flag: 'host',
    variable: 'HOST',
    placeholder: 'address',
    default: '127.0.0.1',
    description: 'The address to listen on. Any but a loopback address needs a key and a secret.',
    parse: host,
  },
  apiKey: {
    flag: 'api-key',
    variable: 'API_KEY',
    placeholder: 'key',
    default: '',
    description:
      'The project that tokens are made for. Without key and secret the server is for development.',
    parse: apiKey,
  },
  apiSecrets: {
    flag: 'api-secret',
    variable: 'API_SECRET',
    placeholder: 'secret',
    default: '',
    description: `What tokens are signed with, at least ${shortestSecret} characters; two, with a comma between, while one is replaced (the first signs).`,
    secret: true,
    parse: apiSecrets,
  },
  applicationId: {
    flag: 'application-id',
    variable: 'APPLICATION_ID',
    placeholder: 'id',
    default: '',
    description:
      "The project's other name, for tokens that Vonage's unified platform calls those of an application.",
    parse: applicationId,
  },
  publicKey: {
    flag: 'public-key',
    variable: 'PUBLIC_KEY',
    placeholder: 'PEM or file',
    default: '',
    description: "What the application's tokens, which its private key signs (RS256), are checked with.",
    secret: true,
    parse: publicKey,
  },
  openSessions: {
    flag: 'open-sessions',
    variable: 'OPEN_SESSIONS',
    placeholder: 'ids',
    default: '',
    description:
      'Sessions that anyone may join without a token, with commas between; * stands for any characters.',
    parse: openSessions,
  },
  allowedOrigins: {
    flag: 'allow-origin',
    variable: 'ALLOW_ORIGIN',
    placeholder: 'origins',
    default: '',
    description:
      "The origins of pages that may connect besides the server's own, with commas between; may hold null (sandboxed and local pages); * is every origin, as in development.",
    parse: allowedOrigins,
  },
  trustedProxies: {
    flag: 'trust-proxy',
    variable: 'TRUST_PROXY',
    placeholder: 'number',
    default: '0',
    description:
      "How many proxies of your own are in front. Of the addresses in X-Forwarded-For, the one so far from the right is the client's.",
    parse: proxies,
  },
  metricsPort: {
    flag: 'metrics-port',
    variable: 'METRICS_PORT',
    placeholder: 'number',
    default: '',
    description: 'The port of the same host where Prometheus reads /metrics. Keep it from the public.',
    parse: (text: string) => (text === '' ? undefined : port(text)),
  },
  connectionsPerAddress: limit(
    'connectionsPerAddress',
    'max-connections-per-address',
    'WebSockets from one address; of IPv6, from one network of 64 bits.',
  ),
  connectionsPerSession: limit(
    'connectionsPerSession',
    'max-connections-per-session',
    'Connections of one session; observers may be more.',
  ),
  sessions: limit('sessions', 'max-sessions', 'Sessions that somebody is connected to or watches.'),
  handshakesPerSecond: limit(
    'handshakesPerSecond',
    'max-handshakes',
    'New WebSockets in a second, and half as many from one address; more are answered with 503 and come back.',
  ),
  framesPerSecond: limit(
    'framesPerSecond',
    'max-frame-rate',
    'Frames that one client may send in a second, twice as many at once.',
  ),
  requestsPerSecond: limit(
    'requestsPerSecond',
    'max-request-rate',
    'Requests for a count from one address in a second, twice as many at once.',
  ),
} as const;

/** What the session server was told. */
export type Settings = OptionValues<typeof settings>;

/**
 * The project that was given by key and secret; undefined where neither was, which means development.
 *
 * @throws {UsageError} where one is given without the other.
 */
export function projectOf({
  apiKey,
  apiSecrets,
}: Pick<Settings, 'apiKey' | 'apiSecrets'>): ProjectKeys | undefined {
  const key = nameOf(settings.apiKey);
  const secret = nameOf(settings.apiSecrets);
  if (apiKey === undefined) {
    if (apiSecrets.length === 0) return undefined;
    throw new UsageError(`There is a ${secret} but no ${key}: give both, or neither for development`);
  }
  if (apiSecrets.length === 0) {
    throw new UsageError(
      `${key} is "${apiKey}" but there is no ${secret}: give both, or neither for development`,
    );
  }
  return { apiKey, apiSecrets };
}

/**
 * The application that was given by id and public key; undefined where neither was.
 *
 * @throws {UsageError} where one is given without the other.
 */
export function applicationOf({
  applicationId,
  publicKey,
}: Pick<Settings, 'applicationId' | 'publicKey'>): ProjectKeys['application'] {
  if (applicationId === undefined && publicKey === undefined) return undefined;
  if (applicationId === undefined || publicKey === undefined) {
    const [given, missing] = publicKey
      ? (['publicKey', 'applicationId'] as const)
      : (['applicationId', 'publicKey'] as const);
    throw new UsageError(
      `There is a ${nameOf(settings[given])} but no ${nameOf(settings[missing])}: give both, or neither`,
    );
  }
  return { id: applicationId, publicKey };
}

/** What the server was told to take on. */
export const limitsOf = (settings: Settings): Limits =>
  Object.fromEntries(
    Object.keys(defaultLimits).map((name) => [name, settings[name as keyof Limits]]),
  ) as unknown as Limits;

/**
 * Reads the settings from the command line and the environment.
 *
 * @throws {UsageError} where one is unknown or bad, or where two contradict each other.
 */
export function readSettings(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const values = readOptions(settings, args, environment);
  applicationOf(values);
  if (!projectOf(values) && !isLoopback(values.host)) {
    throw new UsageError(
      `${nameOf(settings.host)} is "${values.host}", which others can reach, but the server has only a development key: give ${nameOf(settings.apiKey)} and ${nameOf(settings.apiSecrets)}, or listen on 127.0.0.1`,
    );
  }
  return values;
}
