import type { ConnectionReason } from '../protocol/connection.js';
import type { SessionState } from '../session/session-state.js';

/** The detail of `session-count-change`. */
export interface SessionCountChangeDetail {
  /** The session's total; undefined while there is none to show. */
  count: number | undefined;
  /** The total before. */
  previous: number | undefined;
}

/** The detail of `session-state-change`. */
export interface SessionStateChangeDetail {
  state: SessionState;
  /** Why, for `disconnected`. */
  reason: ConnectionReason | undefined;
}

/** The detail of `session-error`. Never holds a token. */
export interface SessionErrorDetail {
  /** OpenTok's name for the code. */
  name: string;
  /** OpenTok's number for this kind of error. */
  code: number;
  /** Names the input, what is wrong with it and what to do. */
  message: string;
  /** Whether the session gave up; otherwise it goes on. */
  fatal: boolean;
}

declare global {
  interface HTMLElementEventMap {
    'session-count-change': CustomEvent<SessionCountChangeDetail>;
    'session-state-change': CustomEvent<SessionStateChangeDetail>;
    'session-error': CustomEvent<SessionErrorDetail>;
  }
}
