import { defaultLimits, type Limits } from './limits.js';
import { logLevels } from './log/log.js';
import { isLoopback } from './loopback.js';
import { nameOf, readOptions, UsageError, type OptionValues } from './options.js';
import {
  allowedOrigins,
  apiKey,
  apiSecrets,
  applicationId,
  host,
  list,
  logLevel,
  openSessions,
  port,
  proxies,
  publicKey,
  redisUrl,
  seconds,
  shortestSecret,
  webhookSecrets,
  whole,
  yesOrNo,
} from './setting-values.js';
import { defaultDrainTimeout } from './drain.js';
import type { ProjectKeys } from './tokens/index.js';
import { WebhookAddresses } from './webhooks/index.js';

/** The setting of a limit, whose default is that of {@link defaultLimits}. */
const limit = (name: keyof Limits, flag: string, description: string) => ({
  flag,
  variable: flag.replaceAll('-', '_').toUpperCase(),
  placeholder: 'number',
  default: `${defaultLimits[name]}`,
  description,
  parse: whole,
});

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
  webhooks: {
    flag: 'webhook',
    variable: 'WEBHOOK',
    placeholder: 'URLs',
    default: '',
    description:
      'URLs, with commas between, that get a POST for each connection that comes or goes. They need a secret.',
    secret: true,
    parse: list,
  },
  webhookSecrets: {
    flag: 'webhook-secret',
    variable: 'WEBHOOK_SECRET',
    placeholder: 'secret',
    default: '',
    description:
      'What webhooks are signed with: whsec_ and then 24 to 64 bytes in base64; two, with a comma between, while one is replaced.',
    secret: true,
    parse: webhookSecrets,
  },
  webhookPrivate: {
    flag: 'webhook-private',
    variable: 'WEBHOOK_PRIVATE',
    placeholder: 'yes or no',
    default: 'no',
    description: 'Whether webhooks may go into private networks and to this computer, by https.',
    parse: yesOrNo,
  },
  redis: {
    flag: 'redis',
    variable: 'REDIS_URL',
    placeholder: 'URL',
    default: '',
    description:
      'A Redis 7.0 or Valkey that several processes share, which makes them one server: redis://host:6379, redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379, with user:password@ before the hosts; rediss for TLS.',
    secret: true,
    parse: redisUrl,
  },
  drainTimeout: {
    flag: 'drain-timeout',
    variable: 'DRAIN_TIMEOUT',
    placeholder: 'seconds',
    default: `${defaultDrainTimeout / 1000}`,
    description:
      'With --redis: how long a process that stops may take to hand its clients over to others. Less than what stops it waits.',
    parse: seconds,
  },
  logLevel: {
    flag: 'log-level',
    variable: 'LOG_LEVEL',
    placeholder: 'level',
    default: 'info',
    description: `How much the log tells: ${logLevels.join(', ')}. Only debug names sessions and addresses.`,
    parse: logLevel,
  },
  connectionsPerAddress: limit(
    'connectionsPerAddress',
    'max-connections-per-address',
    'WebSockets, and streams instead of them, from one address; of IPv6, from one network of 64 bits.',
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
    'New WebSockets, and streams instead of them, in a second, and half as many from one address; more are answered with 503 and come back.',
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

/** @throws {UsageError} where webhooks can't be signed, or may not go where they shall. */
function checkWebhooks(values: Settings): void {
  const { webhooks, webhookSecrets: secrets, webhookPrivate: privateAllowed } = values;
  const name = nameOf(settings.webhooks);
  const development = !projectOf(values);
  if (webhooks.length && !secrets.length && !development) {
    throw new UsageError(
      `There is a ${name} but no ${nameOf(settings.webhookSecrets)} to sign with: give both, the secret as "whsec_$(openssl rand -base64 32)" makes it`,
    );
  }
  const addresses = new WebhookAddresses({ privateAllowed, development });
  try {
    for (const url of webhooks) addresses.read(url);
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message}`);
  }
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
  checkWebhooks(values);
  if (!projectOf(values) && !isLoopback(values.host)) {
    throw new UsageError(
      `${nameOf(settings.host)} is "${values.host}", which others can reach, but the server has only a development key: give ${nameOf(settings.apiKey)} and ${nameOf(settings.apiSecrets)}, or listen on 127.0.0.1`,
    );
  }
  return values;
}
