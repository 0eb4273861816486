import type { Connection, ConnectionReason } from '../../protocol/connection.js';
import { isLater, type RosterVersion } from '../../protocol/roster-version.js';
import { Barrier, type RosterNews } from './barrier.js';
import type { Incarnation } from './incarnation.js';
import {
  byReason,
  differenceOf,
  isLost,
  markWritten,
  newPart,
  renameIn,
  takeSurprises,
  type Difference,
} from './part.js';
import type { Retry } from './retry.js';
import type {
  Claim,
  RosterEngine,
  RosterNotice,
  RosterState,
  RosterStep,
  WrittenState,
} from './roster-engine.js';
import type { RosterOwner } from './roster-owner.js';

/** What the rosters of all sessions have in common. */
export interface RosterContext {
  readonly engine: RosterEngine;
  readonly incarnation: Incarnation;
  /** How long the engine holds an unrenewed lease, in ms. */
  readonly lease: number;
  /** The clock, in ms. */
  readonly now: () => number;
  readonly retry: Retry;
  readonly owner: RosterOwner | undefined;
  /** What fails isn't tried again any more. */
  readonly isClosed: () => boolean;
  readonly nextBatch: () => number;
  /** Whether the incarnation's lease can't have run out. */
  readonly holdsLease: () => boolean;
  readonly renew: () => Promise<void>;
  readonly beReborn: () => Promise<void>;
  /** Is called when there is nothing to be known of a session any more. */
  readonly onUnused: (sessionId: string) => void;
}

/** Hears of a session's roster. */
interface Watcher {
  readonly tell: (step: RosterStep) => void;
  readonly doubt: () => void;
}

/** One session's roster as this process has it: its own part, and what it knows of the rest. */
export class SessionRoster {
  readonly #sessionId: string;
  readonly #context: RosterContext;
  readonly #part = newPart();
  readonly #barrier: Barrier;
  readonly #watchers = new Set<Watcher>();
  /** The latest version heard of. */
  #seen: RosterVersion = { epoch: 0, seq: 0 };
  /** The latest version that watchers were told of. */
  #told: RosterVersion = { epoch: 0, seq: 0 };
  /** The engine couldn't be asked when it was last tried. */
  #failing = false;
  #writing: Promise<RosterState> | undefined;

  constructor(sessionId: string, context: RosterContext) {
    this.#sessionId = sessionId;
    this.#context = context;
    this.#barrier = new Barrier(context.lease);
  }

  /** Whether the engine's roster can be taken for whole, not one that is being made anew. */
  get isSettled(): boolean {
    return !this.#barrier.stands(this.#context.now());
  }

  /** Whether what is known can't be out of date because the engine is out of reach. */
  get isReachable(): boolean {
    return !this.#failing;
  }

  add(connection: Connection, claim: Claim | undefined): void {
    this.#part.own.set(connection.connectionId, connection);
    if (claim) this.#part.claims.set(connection.connectionId, claim);
  }

  claim(connectionId: string, claim: Claim): void {
    this.#part.claims.set(connectionId, claim);
    this.#part.written.delete(connectionId);
  }

  remove(connectionId: string, reason: ConnectionReason): void {
    this.#part.own.delete(connectionId);
    this.#part.claims.delete(connectionId);
    this.#part.reasons.set(connectionId, reason);
  }

  /** Brings the engine's copy of the part up to date; resolves to the roster's state when it is. */
  async write(): Promise<RosterState> {
    // The write under way may have begun before what the caller added.
    if (this.#writing) await this.#writing;
    return (this.#writing ??= this.#write().finally(() => (this.#writing = undefined)));
  }

  /** Writes all, whatever the engine is believed to have. */
  async writeAnew(): Promise<void> {
    this.#part.whole = true;
    await this.write();
  }

  async read(): Promise<RosterState> {
    const state = await this.#context.engine.read(this.#sessionId);
    this.hear(state);
    return state;
  }

  /**
   * Compares what is known with what the engine has: writes what got lost there, and tells watchers what they missed.
   * While a write is under way it does nothing: that finds the same.
   */
  async reconcile(): Promise<void> {
    if (this.#writing) return;
    if (this.#part.own.size || this.#part.written.size) return this.#tellMissed(await this.write());
    try {
      const state = await this.read();
      this.#setFailing(false);
      this.#tellMissed(state);
    } catch (error) {
      this.#setFailing(true);
      throw error;
    }
  }

  watch(listener: (step: RosterStep) => void, doubt: () => void): () => void {
    const watcher: Watcher = {
      tell: (step) => {
        if (isLater(step, this.#told)) this.#told = step;
        listener(step);
      },
      doubt,
    };
    this.#watchers.add(watcher);
    const unwatch = this.#context.engine.watch(
      this.#sessionId,
      (change) => {
        this.hear(change);
        watcher.tell(change);
      },
      (notice) => this.#heed(notice),
    );
    return () => {
      unwatch();
      this.#watchers.delete(watcher);
      this.#forgetUnused();
    };
  }

  /** Takes what the engine says of the roster. */
  hear(news: RosterNews): void {
    if (isLater(this.#seen, news)) return;
    const { epoch, seq } = news;
    const { incarnation, now } = this.#context;
    const lost = this.#seen.epoch > 0 && epoch > this.#seen.epoch;
    this.#barrier.hear(news, incarnation.id, lost, now());
    this.#seen = { epoch, seq };
    if (this.#barrier.isDue && !this.#writing) void this.write();
  }

  /** Gives the connections the ids that those of the next incarnation have. To be written. */
  rename(): void {
    const { incarnation, owner } = this.#context;
    const renamed = new Map<string, Connection>();
    this.#part.written.clear();
    this.#part.reasons.clear();
    this.#part.whole = true;
    for (const [id, { data, creationTime }] of [...this.#part.own]) {
      const connection = { ...incarnation.newConnection(data), creationTime };
      renameIn(this.#part, id, connection);
      renamed.set(id, connection);
    }
    owner?.renamed(this.#sessionId, renamed);
  }

  async #write(): Promise<RosterState> {
    for (let failures = 1; ; failures++) {
      try {
        const state = await this.#tryToWrite();
        this.#setFailing(false);
        if (state) return state;
      } catch {
        // Whether the batch had an effect isn't known, so the next one says all.
        this.#part.whole = true;
        if (this.#context.isClosed()) return { ...this.#seen, count: this.#part.own.size };
        this.#setFailing(true);
        await this.#context.retry.wait(failures);
      }
    }
  }

  /** One attempt; undefined where another has to follow. */
  async #tryToWrite(): Promise<RosterState | undefined> {
    const { holdsLease, renew, incarnation, beReborn } = this.#context;
    if (!holdsLease()) await renew();
    const { id } = incarnation;
    const anew = this.#barrier.isDue;
    const part = this.#part;
    // Of another epoch than it was written to: that roster was lost, and this process's part with it.
    part.whole ||= anew || (part.writtenEpoch > 0 && this.#seen.epoch > part.writtenEpoch);
    const { whole } = part;
    const difference = differenceOf(part);
    const state = await this.#apply(difference, whole, anew);
    // Reborn meanwhile: what was written belongs to the incarnation before.
    if (id !== incarnation.id) return undefined;
    if (!state) {
      await beReborn();
      return undefined;
    }
    markWritten(part, difference);
    this.#tellOwner(state);
    const lost = !whole && isLost(part, state);
    part.writtenEpoch = state.epoch;
    this.hear(state);
    if (whole && state.epoch === this.#seen.epoch) this.#barrier.told();
    if (lost || this.#barrier.isDue) {
      part.whole = true;
      return undefined;
    }
    if (anew) this.#doubt();
    this.#forgetUnused();
    return state;
  }

  #apply(
    { created, claims, gone }: Difference,
    whole: boolean,
    anew: boolean,
  ): Promise<WrittenState | undefined> {
    const { engine, incarnation, nextBatch } = this.#context;
    return engine.apply({
      sessionId: this.#sessionId,
      incarnation: incarnation.id,
      number: nextBatch(),
      created,
      claims,
      former: incarnation.former,
      destroyed: byReason(gone),
      whole,
      seen: this.#seen,
      ...(whole && { others: this.#barrier.others, anew }),
    });
  }

  #tellOwner(state: WrittenState): void {
    const { owner } = this.#context;
    const { resumed, away, removed } = takeSurprises(this.#part, state);
    if (resumed.size) owner?.resumed(this.#sessionId, resumed);
    if (away.length) owner?.away(this.#sessionId, away);
    if (removed.length) owner?.refused(this.#sessionId, removed);
  }

  #heed({ type, connectionId, to }: RosterNotice): void {
    const { incarnation, owner } = this.#context;
    if (!this.#part.own.has(connectionId) || to === incarnation.id) return;
    if (type === 'remove') {
      owner?.removalAsked(this.#sessionId, connectionId);
      return;
    }
    // It may have come back since: the engine knows, and is asked by being told of it again.
    this.#part.written.delete(connectionId);
    void this.write();
  }

  /** Tells watchers a state that no change has told them, unless one does after all. */
  #tellMissed(state: RosterState): void {
    if (!this.#watchers.size || !isLater(state, this.#told)) return;
    void this.#context.retry.wait(1).then(() => {
      if (!isLater(state, this.#told)) return;
      const { epoch, seq, count } = state;
      const missed: RosterStep = { epoch, seq, count, from: seq, created: [], destroyed: [] };
      for (const watcher of this.#watchers) watcher.tell(missed);
    });
  }

  #setFailing(failing: boolean): void {
    if (this.#failing === failing) return;
    this.#failing = failing;
    this.#doubt();
  }

  #doubt(): void {
    for (const watcher of this.#watchers) watcher.doubt();
  }

  #forgetUnused(): void {
    const { own, written } = this.#part;
    if (!own.size && !written.size && !this.#watchers.size) this.#context.onUnused(this.#sessionId);
  }
}
