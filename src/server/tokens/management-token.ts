import { refusal } from './refusal.js';
import { readSignedClaims, type ProjectKeys } from './signed-claims.js';
import { checkValidity, leeway, nowInSeconds, timeClaim } from './validity.js';

/** From `iat` to `exp`, in seconds: OpenTok's for a token of the secret, more where a private key signs. */
const longestLife = { HS256: 300, RS256: 3600 };

/**
 * Checks a management token: what the server of a site signs for a REST call, as OpenTok's server SDKs do.
 *
 * @returns What the token calls the project: the API key, or the application's id.
 * @throws {SessionError} 1004 where it isn't a valid one, or where it is a client token.
 */
export async function verifyManagementToken(text: string, project: ProjectKeys): Promise<string> {
  const { claims, kind } = await readSignedClaims(text, project);
  if (kind === 'T1' || claims.scope !== undefined || claims.session_id !== undefined) {
    throw refusal(
      'The token is a client token, for joining a session: sign one without "scope" and "session_id" for REST calls',
    );
  }
  checkValidity(claims, false);
  const issued = timeClaim(claims, 'iat');
  if (issued === undefined || claims.exp! - issued > longestLife[kind]) {
    throw refusal(
      `The token has to say when it was made ("iat") and to live at most ${longestLife[kind]} s from then`,
    );
  }
  // Else a token could be made to live for years by dating it ahead.
  if (issued > nowInSeconds() + leeway) {
    throw refusal('The token\'s "iat" is in the future: set the clock of the computer that made it');
  }
  return kind === 'RS256' ? project.application!.id : project.apiKey;
}
