import type { Connection, ConnectionReason } from '../../protocol/connection.js';
import type { RosterState } from './roster-engine.js';

/** One step of a session's roster, with all that is known of who came and who left. */
export interface RecordedChange extends RosterState {
  readonly sessionId: string;
  readonly created: readonly Connection[];
  readonly destroyed: readonly RecordedDeparture[];
}

/** Connections that left for one and the same reason. */
export interface RecordedDeparture {
  readonly reason: ConnectionReason;
  readonly connections: readonly Connection[];
}

/** Keeps what happened for whoever has to tell it outside. */
export interface Outbox {
  /** Takes a change. Those of a session come in their order, each once. Doesn't throw. */
  append(change: RecordedChange): void;
}
