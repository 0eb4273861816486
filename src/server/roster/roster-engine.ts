import type { Connection, Departure } from '../../protocol/connection.js';
import type { RosterVersion } from '../../protocol/roster-version.js';

/** How many connections a session has at a version; (0, 0) and 0 where nobody was ever seen. */
export interface RosterState extends RosterVersion {
  readonly count: number;
  /**
   * The incarnations that a roster which was lost is waiting for, in alphabetical order: as long as they haven't told
   * anew whom they have it may lack somebody. They have one lease for it. Absent where it waits for none.
   */
  readonly awaited?: readonly string[];
}

/** A roster, and who has a part in it. */
export interface PartedState extends RosterState {
  /** The incarnations that have connections in it, in alphabetical order. */
  readonly parts: readonly string[];
}

/**
 * One step of a roster, from sequence number `from` to `seq`. Where `from` isn't the number of the step before,
 * steps were missed, and only the state can be relied on.
 */
export interface RosterStep extends RosterState {
  readonly from: number;
  readonly created: readonly Connection[];
  readonly destroyed: readonly Departure[];
}

/** A step, with whose part it was that changed, and how many connections that has since. */
export interface RosterChange extends RosterStep {
  readonly by: string;
  readonly own: number;
}

/** What a client proves with that a connection is its own. */
export interface Claim {
  /** A secret of the client. */
  readonly key: string;
  /** Grows with each attempt of the client to connect: of two claims the later one holds. */
  readonly attempt: number;
}

/** What one incarnation of a server process adds to and takes from its own part of a roster. */
export interface RosterBatch {
  readonly sessionId: string;
  readonly incarnation: string;
  /** Grows with each batch of the incarnation: one that comes after a later one of its session has no effect. */
  readonly number: number;
  readonly created: readonly Connection[];
  /**
   * What the clients of created connections claim them with, by connection id. Where the key of one is that of a
   * connection which another incarnation has by an earlier attempt, that connection moves here in its stead, and nobody
   * is told.
   */
  readonly claims?: ReadonlyMap<string, Claim>;
  /** Earlier incarnations of the same process: what they have under a key of the claims moves here too. */
  readonly former?: readonly string[];
  readonly destroyed: readonly Departure[];
  /** `created` is the whole part: what else the engine has of it is gone. */
  readonly whole: boolean;
  /** The latest version that the process saw: an engine whose roster is older has lost it. */
  readonly seen: RosterVersion;
  /**
   * With a whole batch, the other incarnations that had connections in the roster, as far as the process knows: one that
   * was lost waits for them. A lost one waits for whoever doesn't say all, too.
   */
  readonly others?: readonly string[];
  /** The process has heard that the roster was lost, and tells a whole batch for that reason. Default: false. */
  readonly anew?: boolean;
}

/** A roster after a batch. */
export interface WrittenState extends PartedState {
  /** How many connections the engine has of the incarnation that wrote. */
  readonly own: number;
  /** The connections that moved here, by the id of the created one that each is in the stead of. */
  readonly moved: ReadonlyMap<string, Connection>;
  /**
   * Those of `created` that aren't in the roster, since their clients have come to another incarnation by a later
   * attempt, or left for good there.
   */
  readonly away: readonly string[];
  /** Those of `created` that aren't in the roster, since their keys were those of connections removed by force. */
  readonly removed: readonly string[];
}

/** What an incarnation that has a connection hears from others: it moved there, or they want it removed by force. */
export interface RosterNotice {
  readonly type: 'moved' | 'remove';
  readonly connectionId: string;
  /** The incarnation that has it from now on; empty for a removal. */
  readonly to: string;
}

/** How long the key of a connection that was removed by force is known, in ms. */
export const removedKept = 3_600_000;

/**
 * How long it is known that a connection moved, in ms. Whoever had it before finds out within seconds, or, where its
 * socket stays open for nobody, within a minute.
 */
export const movedKept = 300_000;

/** What a roster knows of a client by its key: it is in the count, or was removed by force in the last hour. */
export type Recognition = 'counted' | 'removed' | undefined;

/**
 * How an incarnation has its lease: `held` since before; `taken` by one that the engine doesn't know, which is new or
 * forgotten; `behind` where the engine had forgotten its last renewals, and perhaps those of others; or `fenced`, which
 * never gets one again.
 */
export type Lease = 'held' | 'taken' | 'behind' | 'fenced';

/**
 * Where the rosters of all sessions are kept. Every method is rejected where the engine can't be reached, and may
 * be called again without harm, although it isn't known then whether the first call had an effect.
 *
 * An incarnation is one life of a server process. It alone writes its part of a roster and holds a lease
 * while it lives. One whose lease ran out may be reaped: fenced, so that a late write of it has no effect, and its
 * connections taken out.
 */
export interface RosterEngine {
  /** Renews an incarnation's lease, also one that ran out, as long as nobody has reaped it. */
  renew(incarnation: string): Promise<Lease>;
  /**
   * Applies a batch; undefined where the incarnation is fenced. A roster that the process knew and the
   * engine lost is made anew of what the engine has, under a larger epoch, even by an empty batch.
   */
  apply(batch: RosterBatch): Promise<WrittenState | undefined>;
  /** Takes out the connections of every incarnation whose lease ran out, as networkDisconnected. */
  reap(): Promise<void>;
  read(sessionId: string): Promise<PartedState>;
  list(sessionId: string): Promise<RosterState & { readonly connections: readonly Connection[] }>;
  recognise(sessionId: string, key: string): Promise<Recognition>;
  /** Asks the incarnation that has a connection to remove it by force. False where none has it. */
  askForRemoval(sessionId: string, connectionId: string): Promise<boolean>;
  /** Hears of the changes to a session's roster until the returned function is called. A change may get lost. */
  watch(
    sessionId: string,
    listener: (change: RosterChange) => void,
    onNotice?: (notice: RosterNotice) => void,
  ): () => void;
  /**
   * Hears each time when the engine is within reach again after it wasn't, until the returned function is called. What
   * was told meanwhile is lost.
   */
  onReturn(listener: () => void): () => void;
}
