import type { Connection } from '../../protocol/connection.js';

/** Who has this process's connections, and hears what becomes of them by other hands. */
export interface RosterOwner {
  /** Connections have others' ids: the process lives on as a new incarnation. By the ids that they had. */
  renamed(sessionId: string, connections: ReadonlyMap<string, Connection>): void;
  /** Instead of connections that were added, those are here that their clients had elsewhere. By the ids of the added. */
  resumed(sessionId: string, connections: ReadonlyMap<string, Connection>): void;
  /** The clients of connections are connected to other processes. */
  away(sessionId: string, connectionIds: readonly string[]): void;
  /** Connections that were added are not in the roster: their clients were removed by force. */
  refused(sessionId: string, connectionIds: readonly string[]): void;
  /** Somebody elsewhere wants a connection removed by force. */
  removalAsked(sessionId: string, connectionId: string): void;
}
