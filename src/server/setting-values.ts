import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { logLevels, type LogLevel } from './log/log.js';
import { isSessionId } from '../protocol/session-id.js';
import { webhookKey } from './webhooks/index.js';
import { redisAddress } from './roster/redis/index.js';

// Each reads the text of a setting, or throws an Error whose message says what it has to be and doesn't repeat it.

/** In characters. OpenTok's secrets have 40. */
export const shortestSecret = 16;

/** What stands between commas. */
export const list = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** A port number; 0 is any free one. */
export function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65_535) throw new Error('it has to be a port number from 0 to 65535');
  return number;
}

/** The URL of a Redis; none where the text is empty. */
export function redisUrl(text: string): string | undefined {
  if (text === '') return undefined;
  redisAddress(text);
  return text;
}

/** A host name or an IP address. */
export function host(text: string): string {
  if (!isIP(text) && !/^[\w.-]+$/.test(text)) {
    throw new Error('it has to be a host name or an IP address, without scheme, port or path');
  }
  return text;
}

/** The name of a project; undefined for an empty text. */
export function apiKey(text: string): string | undefined {
  if (text === '') return undefined;
  if (!/^[\w.-]{1,100}$/.test(text)) {
    throw new Error('it has to be 1 to 100 letters, digits, dots, hyphens and underscores');
  }
  return text;
}

function secretsIn(text: string): string[] {
  const secrets = list(text);
  if (secrets.length > 2) {
    throw new Error(`it holds ${secrets.length} secrets: give one, or two while the old one is replaced`);
  }
  return secrets;
}

/** The secrets of a project: none, one, or two while one is replaced. */
export function apiSecrets(text: string): string[] {
  const secrets = secretsIn(text);
  if (secrets.some((secret) => secret.length < shortestSecret)) {
    throw new Error(
      `a secret of fewer than ${shortestSecret} characters can be guessed: take a longer one, as openssl rand -hex 20 makes it`,
    );
  }
  return secrets;
}

/** The id of an application; undefined for an empty text. */
export function applicationId(text: string): string | undefined {
  if (text === '') return undefined;
  if (!/^[\w-]{1,100}$/.test(text)) {
    throw new Error('it has to be 1 to 100 letters, digits, hyphens and underscores, as a UUID is');
  }
  return text;
}

/** An RSA public key, undefined for an empty text. Takes PEM text, also with `\n` for its line ends as environment files have it, or the name of a file. */
export function publicKey(text: string): KeyObject | undefined {
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

/** Patterns of session ids, with commas between. */
export function openSessions(text: string): string[] {
  const patterns = list(text);
  if (!patterns.every(isSessionId)) {
    throw new Error('each id has to be 1 to 255 characters, without control characters');
  }
  return patterns;
}

/** Origins with commas between, `null` and `*` among them. */
export function allowedOrigins(text: string): string[] {
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

/** The secrets that webhooks are signed with: none, one, or two while one is replaced. */
export function webhookSecrets(text: string): string[] {
  const secrets = secretsIn(text);
  secrets.forEach(webhookKey);
  return secrets;
}

/** yes or no. */
export function yesOrNo(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new Error('it has to be yes or no');
  return text === 'yes';
}

/** A whole number from 1 up. */
export function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error('it has to be a whole number from 1 up');
  return Number(text);
}

/** A time in whole seconds, at most an hour; in ms. */
export function seconds(text: string): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) > 3600) {
    throw new Error('it has to be a number of seconds from 0 to 3600');
  }
  return Number(text) * 1000;
}

/** A number of proxies. */
export function proxies(text: string): number {
  if (!/^\d$/.test(text)) throw new Error('it has to be a number from 0 to 9');
  return Number(text);
}

/** How much a log tells. */
export function logLevel(text: string): LogLevel {
  const level = logLevels.find((name) => name === text);
  if (!level) throw new Error(`it has to be one of ${logLevels.join(', ')}`);
  return level;
}
