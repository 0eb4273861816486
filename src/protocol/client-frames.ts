import {
  isBoolean,
  isCount,
  isString,
  oneOf,
  optional,
  parseFrame,
  type Guard,
  type Shapes,
} from './frame-shape.js';
import type { RosterVersion } from './roster-version.js';
import { isSessionId } from './session-id.js';

/** How much of a roster a client wants to hear of: the total alone, or each connection too. */
export type Detail = 'count' | 'connections';

/** How much of a tab its visitor sees. A frozen tab runs no code at all. */
export type Visibility = 'visible' | 'hidden' | 'frozen';

/** Opens or resumes a connection. First frame of a socket, within 5 s. */
export interface JoinFrame {
  type: 'join';
  sessionId: string;
  /** A client token. Without one only where the server opens the session to all. */
  token?: string;
  /** The project that the page thinks it talks to. */
  apiKey?: string;
  /**
   * 128 random bits as 1 to 255 characters, none of them a control character; shown to nobody else: who joins with the
   * key of a counted connection is that connection.
   */
  key: string;
  /** Grows with each socket of the client: of two with one key, the later is the client. Default: when it came, in ms. */
  attempt?: number;
  /** See the count without being a connection. */
  observe?: boolean;
  detail: Detail;
}

/** Ends the connection at once, as clientDisconnected. */
export interface LeaveFrame {
  type: 'leave';
}

/** Removes another connection. For moderators; answered with `result` or `error` of the same id. */
export interface ForceDisconnectFrame {
  type: 'forceDisconnect';
  id: number;
  connectionId: string;
}

/** Asks what was missed since a version. Always answered. */
export interface SyncFrame extends RosterVersion {
  type: 'sync';
  /** Changes what the socket hears of from now on. */
  detail?: Detail;
}

/** Says how often frames make sense. `visible` is answered with the count at once. */
export interface VisibilityFrame {
  type: 'visibility';
  state: Visibility;
}

/** Everything that a client sends. */
export type ClientFrame = JoinFrame | LeaveFrame | ForceDisconnectFrame | SyncFrame | VisibilityFrame;

/** A key is kept for an hour where its connection was removed, so it may not be of any length. */
const isKey: Guard = (value) => isString(value) && isSessionId(value as string);
const isDetail = oneOf(['count', 'connections'] satisfies Detail[]);

const shapes: Shapes<ClientFrame> = {
  join: {
    sessionId: isString,
    token: optional(isString),
    apiKey: optional(isString),
    key: isKey,
    attempt: optional(isCount),
    observe: optional(isBoolean),
    detail: isDetail,
  },
  leave: {},
  forceDisconnect: { id: isCount, connectionId: isString },
  sync: { epoch: isCount, seq: isCount, detail: optional(isDetail) },
  visibility: { state: oneOf(['visible', 'hidden', 'frozen'] satisfies Visibility[]) },
};

/**
 * Reads a frame that a client sent.
 *
 * @throws {SessionError} 2001 where it isn't one.
 */
export const parseClientFrame = (text: string): ClientFrame => parseFrame<ClientFrame>(text, shapes);
