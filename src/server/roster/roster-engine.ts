import type { Connection, Departure } from '../../protocol/connection.js';
import type { RosterVersion } from '../../protocol/roster-version.js';
import type { Outbox } from './outbox.js';

/** How many connections a session has at a version; (0, 0) and 0 where nobody was ever seen. */
export interface RosterState extends RosterVersion {
  readonly count: number;
}

/** One step of a roster, from sequence number `from` to `seq`. */
export interface RosterChange extends RosterState {
  readonly from: number;
  readonly created: readonly Connection[];
  readonly destroyed: readonly Departure[];
}

/** What one incarnation of a server process adds to and takes from its own part of a roster. */
export interface RosterBatch {
  readonly sessionId: string;
  readonly incarnation: string;
  readonly created: readonly Connection[];
  readonly destroyed: readonly Departure[];
  /** `created` is the whole part: what else the engine has of it is gone. */
  readonly whole: boolean;
  /** The last epoch that the process saw; a roster made anew gets a larger one. */
  readonly lastEpoch: number;
}

/**
 * Where the rosters of all sessions are kept. Every step is atomic, and every method may be called again
 * after a failure without harm.
 *
 * An incarnation is one life of a server process. It alone writes its part of a roster and holds a lease
 * while it lives. One whose lease ran out is reaped by whoever notices: fenced, so that a late write of it
 * has no effect, and its connections taken out in one change.
 */
export interface RosterEngine {
  /** Renews an incarnation's lease. False where it had none: a new one, or one whose lease is lost. */
  renew(incarnation: string): Promise<boolean>;
  /**
   * Applies a batch; undefined where the incarnation is fenced. A roster that the process knew and the
   * engine lost is made anew, under a larger epoch, even by an empty batch.
   */
  apply(batch: RosterBatch): Promise<RosterState | undefined>;
  /** Takes out the connections of every incarnation whose lease ran out, as networkDisconnected. */
  reap(): Promise<void>;
  read(sessionId: string): Promise<RosterState>;
  list(sessionId: string): Promise<RosterState & { readonly connections: readonly Connection[] }>;
  /** Hears of each change to a session's roster until the returned function is called. */
  watch(sessionId: string, listener: (change: RosterChange) => void): () => void;
  /**
   * Appends each change of each session to an outbox, watched or not, until the returned function is called. Of
   * several processes that share the rosters, the one that made a change appends it, so that all together append
   * it once.
   */
  record(outbox: Outbox): () => void;
}
