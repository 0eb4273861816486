import { randomBytes } from 'node:crypto';
import type { Connection, ConnectionReason } from '../../protocol/connection.js';
import { isLater, type RosterVersion } from '../../protocol/roster-version.js';
import { OwnLease } from './own-lease.js';
import {
  byReason,
  differenceOf,
  isLost,
  markWritten,
  newPart,
  renameIn,
  takeSurprises,
  type Part,
} from './part.js';
import type {
  Claim,
  Recognition,
  RosterChange,
  RosterEngine,
  RosterNotice,
  RosterState,
} from './roster-engine.js';

/** What a {@link Roster} takes. */
export interface RosterOptions {
  readonly engine: RosterEngine;
  /** How long the engine holds an unrenewed lease, in ms. Default: for ever. */
  lease?: number;
  /** The clock, in ms. */
  now?: () => number;
  /** A clock that is never set, in ms. Default: `performance.now`. */
  steadyNow?: () => number;
  /** What a write waits for before it is tried again because it failed. Default: 0.25 to 0.5 s. */
  pause?: () => Promise<unknown>;
  owner?: RosterOwner;
}

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

/** In ms. */
const shortestPause = 250;
/** How many of a process's earlier incarnations are remembered. */
const formerKept = 3;

const defaultPause = (): Promise<unknown> =>
  new Promise((resolve) => setTimeout(resolve, shortestPause * (1 + Math.random())).unref());

/**
 * This process's part of all rosters. The process is the truth about its own connections; the engine
 * holds a copy. What is written is always the difference between the two, so joins and leaves between two
 * writes are one batch, a join that left again is nothing, and a copy that got lost is made again.
 */
export class Roster {
  readonly #engine: RosterEngine;
  readonly #engineLease: number;
  readonly #now: () => number;
  readonly #lease: OwnLease;
  readonly #pause: () => Promise<unknown>;
  readonly #owner: RosterOwner | undefined;
  readonly #parts = new Map<string, Part>();
  #incarnation = newIncarnation();
  /** Those before it, whose connections may not all have been reaped yet. */
  #former: string[] = [];
  #made = 0;
  #batches = 0;
  /** The engine has this incarnation's lease. */
  #known = false;
  #renewal: Promise<void> | undefined;
  #rebirth: Promise<void> | undefined;
  #closed = false;

  constructor({
    engine,
    lease = Infinity,
    now = Date.now,
    steadyNow = () => performance.now(),
    pause = defaultPause,
    owner,
  }: RosterOptions) {
    this.#engine = engine;
    this.#engineLease = lease;
    this.#now = now;
    this.#lease = new OwnLease(lease, now, steadyNow);
    this.#pause = pause;
    this.#owner = owner;
  }

  /** Makes a connection that is not in any roster yet. Its id is never used again. */
  newConnection(data: string): Connection {
    return { connectionId: `${this.#incarnation}.${++this.#made}`, creationTime: this.#now(), data };
  }

  /**
   * Adds a connection with the next {@link write}.
   *
   * @param claim What its client claims it with, here and elsewhere. Default: it can't be resumed elsewhere.
   */
  add(sessionId: string, connection: Connection, claim?: Claim): void {
    const part = this.#part(sessionId);
    part.own.set(connection.connectionId, connection);
    if (claim) part.claims.set(connection.connectionId, claim);
  }

  /** Notes with the next {@link write} that the client of a connection has claimed it again. */
  claim(sessionId: string, connectionId: string, claim: Claim): void {
    const part = this.#part(sessionId);
    part.claims.set(connectionId, claim);
    part.written.delete(connectionId);
  }

  /** Takes a connection out with the next {@link write}. */
  remove(sessionId: string, connectionId: string, reason: ConnectionReason): void {
    const part = this.#part(sessionId);
    part.own.delete(connectionId);
    part.claims.delete(connectionId);
    part.reasons.set(connectionId, reason);
  }

  /** What the roster of a session knows of a client by its key. */
  recognise(sessionId: string, key: string): Promise<Recognition> {
    return this.#engine.recognise(sessionId, key);
  }

  /** Asks the process that has a connection to remove it by force. False where none has it. */
  askForRemoval(sessionId: string, connectionId: string): Promise<boolean> {
    return this.#engine.askForRemoval(sessionId, connectionId);
  }

  /**
   * Brings a session's copy in the engine up to date; resolves to its state when it is. While the engine can't be
   * reached it is tried again, until {@link close}.
   */
  async write(sessionId: string): Promise<RosterState> {
    const part = this.#part(sessionId);
    // The write under way may have begun before what the caller added.
    if (part.writing) await part.writing;
    return (part.writing ??= this.#write(sessionId, part).finally(() => (part.writing = undefined)));
  }

  /**
   * Keeps this incarnation's lease. To be called every third of it. After a gap of more than the lease it goes on as
   * it was where the engine still knows it; else it is reborn.
   */
  renew(): Promise<void> {
    return (this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined)));
  }

  /**
   * Takes out the connections of dead processes. One whose own renewals weren't whole for a lease does nothing: what
   * kept them from the engine may have kept the others too.
   */
  async reap(): Promise<void> {
    if (this.#lease.isWhole()) await this.#engine.reap();
  }

  /**
   * Compares what this process has of a session with what the engine has: writes what got lost there, and tells
   * watchers what they missed.
   */
  async reconcile(sessionId: string): Promise<void> {
    const part = this.#parts.get(sessionId);
    if (!part) return;
    const state =
      part.own.size || part.written.size ? await this.write(sessionId) : await this.read(sessionId);
    if (!part.watchers.size || !isLater(state, part.told)) return;
    // What was said last may be on its way.
    void this.#pause().then(() => {
      if (!isLater(state, part.told)) return;
      const { epoch, seq, count } = state;
      const missed: RosterChange = { epoch, seq, count, from: seq, created: [], destroyed: [] };
      for (const listener of part.watchers) listener(missed);
    });
  }

  /** The sessions that this process has connections in, or watches. */
  sessions(): IterableIterator<string> {
    return this.#parts.keys();
  }

  /**
   * Ends this process's part. Its connections stay for one lease more, in which their clients may come to another
   * process; what fails from now on is not tried again.
   */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#engine.renew(this.#incarnation).catch(() => {});
  }

  async read(sessionId: string): Promise<RosterState> {
    const state = await this.#engine.read(sessionId);
    this.#hear(sessionId, state);
    return state;
  }

  list(sessionId: string): Promise<RosterState & { readonly connections: readonly Connection[] }> {
    return this.#engine.list(sessionId);
  }

  watch(sessionId: string, listener: (change: RosterChange) => void): () => void {
    const part = this.#part(sessionId);
    const hear = (change: RosterChange): void => {
      this.#hear(sessionId, change);
      if (isLater(change, part.told)) part.told = change;
      listener(change);
    };
    part.watchers.add(hear);
    const unwatch = this.#engine.watch(sessionId, hear, (notice) => this.#heed(sessionId, part, notice));
    return () => {
      unwatch();
      part.watchers.delete(hear);
      this.#forgetUnused(sessionId, part);
    };
  }

  /** Whether the engine's roster of a watched session can be taken for whole, not one that is being made anew. */
  isSettled(sessionId: string): boolean {
    return this.#now() >= (this.#parts.get(sessionId)?.settlesAt ?? 0);
  }

  /**
   * Whether the others can't have declared this incarnation dead. A process that was stopped for longer
   * than its lease has to find out before it writes, not after.
   */
  protected holdsLease(): boolean {
    return this.#lease.holds();
  }

  async #renew(): Promise<void> {
    const inTime = this.holdsLease();
    const incarnation = this.#incarnation;
    const asked = this.#lease.time();
    const lease = await this.#engine.renew(incarnation);
    if (incarnation !== this.#incarnation) return;
    // Too late and unknown: it may have been reaped before the engine lost its data.
    if (lease === 'fenced' || (!inTime && lease === 'taken')) return this.#beReborn();
    // In time, yet unknown: the engine lost its data, so what it knew of this process has to be told again.
    const lost = lease === 'taken' && this.#known;
    this.#lease.renewed(asked, inTime && this.#known);
    this.#known = true;
    if (lost) this.#writeAnew();
  }

  async #write(sessionId: string, part: Part): Promise<RosterState> {
    for (;;) {
      try {
        const state = await this.#tryToWrite(sessionId, part);
        if (state) return state;
      } catch {
        // Whether the batch had an effect isn't known, so the next one says all.
        part.whole = true;
        if (this.#closed) return { ...part.seen, count: part.own.size };
        await this.#pause();
      }
    }
  }

  /** One attempt; undefined where another has to follow. */
  async #tryToWrite(sessionId: string, part: Part): Promise<RosterState | undefined> {
    if (!this.holdsLease()) await this.renew();
    const incarnation = this.#incarnation;
    // Of another epoch than it was written to: that roster was lost, and this process's part with it.
    part.whole ||= part.writtenEpoch > 0 && part.seen.epoch > part.writtenEpoch;
    const { whole } = part;
    const difference = differenceOf(part);
    const state = await this.#engine.apply({
      sessionId,
      incarnation,
      number: ++this.#batches,
      created: difference.created,
      claims: difference.claims,
      former: this.#former,
      destroyed: byReason(difference.gone),
      whole,
      seen: part.seen,
    });
    // Reborn meanwhile: what was written belongs to the incarnation before.
    if (incarnation !== this.#incarnation) return undefined;
    if (!state) {
      await this.#beReborn();
      return undefined;
    }
    markWritten(part, difference);
    this.#tell(sessionId, takeSurprises(part, state));
    const lost = !whole && isLost(part, state);
    part.writtenEpoch = state.epoch;
    this.#hear(sessionId, state);
    if (lost) {
      part.whole = true;
      return undefined;
    }
    this.#forgetUnused(sessionId, part);
    return state;
  }

  #tell(sessionId: string, { resumed, away, removed }: ReturnType<typeof takeSurprises>): void {
    if (resumed.size) this.#owner?.resumed(sessionId, resumed);
    if (away.length) this.#owner?.away(sessionId, away);
    if (removed.length) this.#owner?.refused(sessionId, removed);
  }

  #heed(sessionId: string, part: Part, { type, connectionId, to }: RosterNotice): void {
    if (!part.own.has(connectionId) || to === this.#incarnation) return;
    if (type === 'remove') {
      this.#owner?.removalAsked(sessionId, connectionId);
      return;
    }
    // It may have come back since: the engine knows, and is asked by being told of it again.
    part.written.delete(connectionId);
    void this.write(sessionId);
  }

  #hear(sessionId: string, { epoch, seq }: RosterVersion): void {
    const part = this.#parts.get(sessionId);
    if (!part || !isLater({ epoch, seq }, part.seen)) return;
    // A roster made anew lacks whoever didn't write to it yet: one lease, and they did or are dead.
    if (part.seen.epoch > 0 && epoch > part.seen.epoch) part.settlesAt = this.#now() + this.#engineLease;
    part.seen = { epoch, seq };
  }

  #forgetUnused(sessionId: string, part: Part): void {
    if (!part.own.size && !part.written.size && !part.watchers.size) this.#parts.delete(sessionId);
  }

  #beReborn(): Promise<void> {
    return (this.#rebirth ??= this.#startAnew().finally(() => (this.#rebirth = undefined)));
  }

  async #startAnew(): Promise<void> {
    const incarnation = newIncarnation();
    const asked = this.#lease.time();
    // The lease comes first: an incarnation without one that died now would never be reaped.
    await this.#engine.renew(incarnation);
    this.#former = [this.#incarnation, ...this.#former].slice(0, formerKept);
    this.#incarnation = incarnation;
    this.#lease.renewed(asked, false);
    this.#known = true;
    for (const [sessionId, part] of this.#parts) {
      const renamed = new Map<string, Connection>();
      part.written.clear();
      part.reasons.clear();
      for (const [id, { data, creationTime }] of [...part.own]) {
        const connection = { ...this.newConnection(data), creationTime };
        renameIn(part, id, connection);
        renamed.set(id, connection);
      }
      this.#owner?.renamed(sessionId, renamed);
    }
    for (const sessionId of this.#parts.keys()) void this.write(sessionId);
  }

  #writeAnew(): void {
    for (const part of this.#parts.values()) part.whole = true;
    for (const sessionId of this.#parts.keys()) void this.write(sessionId);
  }

  #part(sessionId: string): Part {
    let part = this.#parts.get(sessionId);
    if (!part) {
      part = newPart();
      this.#parts.set(sessionId, part);
    }
    return part;
  }
}

const newIncarnation = (): string => randomBytes(9).toString('base64url');
