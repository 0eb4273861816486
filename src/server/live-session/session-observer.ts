import type { ConnectionReason } from '../../protocol/connection.js';

/** Hears of what happens in all sessions of a server. */
export interface SessionObserver {
  joined(resumed: boolean): void;
  left(reason: ConnectionReason): void;
  /** A round of telling watchers ended. */
  flushed(seconds: number): void;
}
