import { SessionError } from '../../protocol/session-error.js';
import { longestSessionId } from '../../protocol/session-id.js';

/** The error for a token that isn't accepted: 1004, fatal. The message must not hold the token. */
export const refusal = (message: string): SessionError => new SessionError(1004, message, true);

/** A value from outside as it may stand in a message: quoted, control characters escaped, not endless. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** The error for a session id of a bad form: 1005, fatal. */
export const badSessionId = (sessionId: string): SessionError =>
  new SessionError(
    1005,
    `The session id ${quote(sessionId)} has to be 1 to ${longestSessionId} characters, without control characters`,
    true,
  );
