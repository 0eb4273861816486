import type { ConnectionReason } from '../../protocol/connection.js';

/** A connection of a session, as those who watch the server see it: its `data` is the session's own business. */
export interface ObservedConnection {
  readonly sessionId: string;
  readonly connectionId: string;
}

/** Hears of what happens in all sessions of a server. */
export interface SessionObserver {
  joined(connection: ObservedConnection, resumed: boolean): void;
  left(connection: ObservedConnection, reason: ConnectionReason): void;
  /** A round of telling watchers ended. */
  flushed(seconds: number): void;
}
