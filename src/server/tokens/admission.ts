import type { JWTPayload } from 'jose';
import type { JoinFrame } from '../../protocol/client-frames.js';
import { roles, type Role } from '../../protocol/connection.js';
import { isSessionId } from '../../protocol/session-id.js';
import { connectScope } from './client-token.js';
import { isOpenSession } from './open-session.js';
import { badSessionId, quote, refusal } from './refusal.js';
import { readSignedClaims, type ProjectKeys } from './signed-claims.js';
import { checkValidity } from './validity.js';

/** Whom a server lets in. */
export interface TokenPolicy extends ProjectKeys {
  /** The sessions that need no token, as ids in which `*` stands for any characters. */
  readonly openSessions: readonly string[];
}

/** What a join may do. */
export interface Admission {
  readonly role: Role;
  /** The token's `connection_data`; empty where it has none. */
  readonly data: string;
  /** Whether a token vouched for it. Without one it gets the count and nothing else. */
  readonly authenticated: boolean;
}

/** What {@link admit} looks at differently. */
export interface AdmitOptions {
  /** For a connection that resumes: expiry ends no connection. Default: false. */
  ignoreExpiry?: boolean;
}

/**
 * Decides whether a join is let in, and as what.
 *
 * @throws {SessionError} fatal: 1005 where the session id has a bad form, else 1004.
 */
export async function admit(
  join: Pick<JoinFrame, 'sessionId' | 'token' | 'apiKey'>,
  policy: TokenPolicy,
  { ignoreExpiry = false }: AdmitOptions = {},
): Promise<Admission> {
  const { sessionId, token, apiKey } = join;
  if (!isSessionId(sessionId)) throw badSessionId(sessionId);
  if (apiKey !== undefined && apiKey !== policy.apiKey && apiKey !== policy.application?.id) {
    throw refusal(
      `The API key ${quote(apiKey)} isn't this server's: use the key that the server runs with, or leave it out`,
    );
  }
  if (!token) {
    if (isOpenSession(sessionId, policy.openSessions)) {
      return { role: 'subscriber', data: '', authenticated: false };
    }
    throw refusal(
      `The session ${quote(sessionId)} needs a token: join with one, or open the session to everyone with the server's --open-sessions`,
    );
  }
  const { claims } = await readSignedClaims(token, policy);
  checkScope(claims, sessionId);
  checkValidity(claims, ignoreExpiry);
  return { role: roleOf(claims), data: dataOf(claims), authenticated: true };
}

function checkScope({ scope, session_id }: JWTPayload, sessionId: string): void {
  if (scope === undefined && session_id === undefined) {
    throw refusal(
      'The token is a management token, for the REST calls of a server: join with a client token, which has "scope" and "session_id"',
    );
  }
  if (scope !== connectScope) {
    throw refusal(`The token's "scope" is ${quote(scope)}: it has to be "${connectScope}"`);
  }
  if (session_id !== sessionId) {
    throw refusal(
      `The token is for the session ${quote(session_id)}, not for ${quote(sessionId)}: make one for this session`,
    );
  }
}

function roleOf({ role }: JWTPayload): Role {
  if (role === undefined || role === '' || role === 'publisheronly') return 'publisher';
  const known = roles.find((name) => name === role);
  if (!known) throw refusal(`The token's "role" is ${quote(role)}: it has to be one of ${roles.join(', ')}`);
  return known;
}

function dataOf({ connection_data: data = '' }: JWTPayload): string {
  if (typeof data !== 'string') throw refusal('The token\'s "connection_data" has to be a string');
  return data;
}
