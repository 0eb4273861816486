import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { roles, type Role } from '../../protocol/connection.js';
import { SessionError } from '../../protocol/session-error.js';
import { isSessionId } from '../../protocol/session-id.js';
import { badSessionId, quote } from './refusal.js';

/** The `scope` of a client token, and of no other. */
export const connectScope = 'session.connect';

/** In seconds. */
const longestLife = 30 * 24 * 60 * 60;
/** In characters; OpenTok's limit. */
const longestData = 1024;

/** What a client token says. */
export interface ClientTokenOptions {
  apiKey: string;
  apiSecret: string;
  sessionId: string;
  /** Default: publisher. */
  role?: Role;
  /** A string of at most 1024 characters that everybody in the session can read. Default: empty. */
  data?: string;
  /** The token's life in seconds, at most 30 days. Default: 24 hours. */
  expiresIn?: number;
}

/**
 * Makes a client token: a JWT with OpenTok's claims, signed with the API secret.
 *
 * @throws {SessionError} 1005 where the session id has a bad form, 1011 where something else has.
 */
export async function issueClientToken(options: ClientTokenOptions): Promise<string> {
  const { apiKey, apiSecret, sessionId, role = 'publisher', data = '', expiresIn = 24 * 60 * 60 } = options;
  if (!isSessionId(sessionId)) throw badSessionId(sessionId);
  if (!roles.includes(role)) {
    throw new SessionError(1011, `The role ${quote(role)} has to be one of ${roles.join(', ')}`);
  }
  if (data.length > longestData) {
    throw new SessionError(1011, `The data has ${data.length} characters: ${longestData} is the most`);
  }
  if (!(expiresIn > 0 && expiresIn <= longestLife)) {
    throw new SessionError(
      1011,
      `The life of the token, ${expiresIn} seconds, has to be more than 0 and at most ${longestLife} (30 days)`,
    );
  }
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    ist: 'project',
    session_id: sessionId,
    create_time: now,
    role,
    connection_data: data,
    scope: connectScope,
  })
    .setProtectedHeader({ typ: 'JWT', alg: 'HS256' })
    .setIssuer(apiKey)
    .setIssuedAt(now)
    .setExpirationTime(now + Math.ceil(expiresIn))
    .setJti(randomUUID())
    .sign(new TextEncoder().encode(apiSecret));
}
