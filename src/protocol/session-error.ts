/**
 * The errors of a session, with OpenTok's names and codes where OpenTok has them
 * (ExceptionEvent of OpenTok 1.0, OTError of 2.x).
 */
export const errorNames = {
  1004: 'OT_AUTHENTICATION_ERROR',
  1005: 'OT_INVALID_SESSION_ID',
  1006: 'OT_CONNECT_FAILED',
  1010: 'OT_NOT_CONNECTED',
  1011: 'OT_INVALID_PARAMETER',
  1027: 'OT_CONNECTION_LIMIT_EXCEEDED',
  1520: 'OT_PERMISSION_DENIED',
  2001: 'OT_UNEXPECTED_SERVER_RESPONSE',
} as const;

/** A code of {@link errorNames}. */
export type ErrorCode = keyof typeof errorNames;

/** What went wrong in a session. The message names the input, what was wrong with it and what to do. */
export class SessionError extends Error {
  /** OpenTok's number for this kind of error. */
  readonly code: ErrorCode;
  /** Whether the session gave up; otherwise it goes on trying. */
  readonly fatal: boolean;
  /** Seconds to wait before the next try, where the server named them. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, fatal = false, retryAfter?: number) {
    super(message);
    this.name = errorNames[code];
    this.code = code;
    this.fatal = fatal;
    this.retryAfter = retryAfter;
  }
}
