import type { Connection } from '../../protocol/connection.js';
import { isLater } from '../../protocol/roster-version.js';
import type { Outbox, RecordedDeparture } from './outbox.js';
import { Remembered } from './remembered.js';
import {
  movedKept,
  removedKept,
  type Lease,
  type PartedState,
  type Recognition,
  type RosterBatch,
  type RosterChange,
  type RosterEngine,
  type RosterNotice,
  type RosterState,
  type WrittenState,
} from './roster-engine.js';
import { StoredRoster } from './stored-roster.js';

/** What a {@link MemoryEngine} takes. */
export interface MemoryEngineOptions {
  /** How long an unrenewed lease holds, in ms. Default: for ever, since there is one process. */
  lease?: number;
  /** The clock, in ms. */
  now?: () => number;
}

interface Watch {
  readonly onChange: (change: RosterChange) => void;
  readonly onNotice: ((notice: RosterNotice) => void) | undefined;
}

/** Rosters in the memory of one process: nothing beside it, nothing kept over a restart. */
export class MemoryEngine implements RosterEngine {
  readonly #lease: number;
  readonly #now: () => number;
  readonly #rosters = new Map<string, StoredRoster>();
  /** Until when each lease holds. */
  readonly #leases = new Map<string, number>();
  readonly #fenced = new Set<string>();
  readonly #watches = new Map<string, Set<Watch>>();
  readonly #outboxes = new Set<Outbox>();
  /** The keys of connections that were removed by force, so that a client which comes back is told again. */
  readonly #removed = new Remembered({ keptFor: removedKept });
  /** The connections that moved, so that no incarnation which had one creates it again when it has left elsewhere. */
  readonly #moved = new Remembered({ keptFor: movedKept });
  #lastEpoch = 0;

  constructor({ lease = Infinity, now = Date.now }: MemoryEngineOptions = {}) {
    this.#lease = lease;
    this.#now = now;
  }

  async renew(incarnation: string): Promise<Lease> {
    if (this.#fenced.has(incarnation)) return 'fenced';
    const held = this.#leases.has(incarnation);
    this.#leases.set(incarnation, this.#now() + this.#lease);
    return held ? 'held' : 'taken';
  }

  async apply(batch: RosterBatch): Promise<WrittenState | undefined> {
    const { sessionId, incarnation, number, seen } = batch;
    if (this.isFenced(incarnation)) return undefined;
    // After a loss of data, one that writes and dies before it renews has to be reaped all the same.
    if (batch.created.length && !this.#leases.has(incarnation))
      this.#leases.set(incarnation, this.#now() + this.#lease);
    const known = this.#rosters.get(sessionId);
    const lost = isLater(seen, this.#state(known));
    const roster = known ?? new StoredRoster();
    const late = number <= (roster.batches.get(incarnation) ?? 0);
    const fresh = late ? { ...batch, created: [], destroyed: [], whole: false } : batch;
    const removed = this.#removedOf(fresh);
    this.#rememberRemoved(fresh, roster);
    // Before who comes: the key of one who left is free.
    const departed = roster.depart(fresh);
    const arrivals = roster.add(fresh, new Set(removed), (id) => this.hasMoved(sessionId, id));
    if (fresh.whole) departed.push(...roster.departUnnamed(fresh, arrivals));
    const { added, moved, away } = arrivals;
    if (!late) roster.batches.set(incarnation, number);
    const awaited = String(roster.awaited);
    if (lost) roster.lose(batch);
    const isOlder = seen.epoch > 0 && seen.epoch < roster.epoch;
    if (fresh.whole && (lost || isOlder || batch.anew || awaited)) roster.tell(batch);
    const written = (): WrittenState => ({
      ...this.#state(this.#rosters.get(sessionId)),
      parts: roster.parts,
      own: roster.part(incarnation).size,
      moved,
      away,
      removed,
    });
    for (const { connectionId } of moved.values()) {
      this.#moved.add(sessionId, connectionId, this.#now());
      this.#notify(sessionId, { type: 'moved', connectionId, to: incarnation });
    }
    // A roster that somebody knew and that is gone is told anew even where nobody is in it.
    const isNews = added.length || departed.length || lost || awaited !== String(roster.awaited);
    if (!isNews) return written();
    if (lost || !known) {
      roster.epoch = this.nextEpoch(Math.max(seen.epoch, roster.epoch));
      roster.seq = 0;
    }
    this.#rosters.set(sessionId, roster);
    this.#publish(sessionId, roster, incarnation, added, departed);
    const state = this.#state(roster);
    this.#forgetEmpty(sessionId);
    return { ...written(), ...state };
  }

  async reap(): Promise<void> {
    for (const [incarnation, expiry] of this.#leases) {
      if (expiry > this.#now()) continue;
      this.#fenced.add(incarnation);
      this.#leases.delete(incarnation);
      for (const [sessionId, roster] of this.#rosters) {
        roster.batches.delete(incarnation);
        const connections = [...roster.part(incarnation).values()];
        if (!connections.length) continue;
        roster.giveUp(incarnation);
        for (const { connectionId } of connections) roster.remove(incarnation, connectionId);
        this.#publish(sessionId, roster, incarnation, [], [{ reason: 'networkDisconnected', connections }]);
        this.#forgetEmpty(sessionId);
      }
    }
  }

  async read(sessionId: string): Promise<PartedState> {
    const roster = this.#rosters.get(sessionId);
    return { ...this.#state(roster), parts: roster?.parts ?? [] };
  }

  async list(sessionId: string): Promise<RosterState & { readonly connections: readonly Connection[] }> {
    const roster = this.#rosters.get(sessionId);
    return { ...this.#state(roster), connections: roster?.connections ?? [] };
  }

  async recognise(sessionId: string, key: string): Promise<Recognition> {
    if (this.#removed.has(sessionId, key, this.#now())) return 'removed';
    return this.#rosters.get(sessionId)?.holderOf(key) && 'counted';
  }

  async askForRemoval(sessionId: string, connectionId: string): Promise<boolean> {
    if (this.#rosters.get(sessionId)?.incarnationOf(connectionId) === undefined) return false;
    this.#notify(sessionId, { type: 'remove', connectionId, to: '' });
    return true;
  }

  watch(sessionId: string, onChange: Watch['onChange'], onNotice?: Watch['onNotice']): () => void {
    const watches = this.#watches.get(sessionId) ?? new Set();
    const watch = { onChange, onNotice };
    this.#watches.set(sessionId, watches.add(watch));
    return () => {
      watches.delete(watch);
      if (watches.size) return;
      this.#watches.delete(sessionId);
      this.#forgetEmpty(sessionId);
    };
  }

  /** Appends each change of each session to an outbox, watched or not, until the returned function is called. */
  record(outbox: Outbox): () => void {
    this.#outboxes.add(outbox);
    return () => this.#outboxes.delete(outbox);
  }

  /** It is never out of reach. */
  onReturn(_listener?: () => void): () => void {
    return () => {};
  }

  /** Forgets everything, as an engine does that comes back empty. */
  protected wipe(): void {
    this.#rosters.clear();
    this.#leases.clear();
    this.#fenced.clear();
    this.#removed.clear();
    this.#moved.clear();
  }

  /** A late write of a reaped incarnation has no effect. */
  protected isFenced(incarnation: string): boolean {
    return this.#fenced.has(incarnation);
  }

  /** Whether a connection moved lately: an incarnation that had it may not know that yet. */
  protected hasMoved(sessionId: string, connectionId: string): boolean {
    return this.#moved.has(sessionId, connectionId, this.#now());
  }

  /** Epochs are ordered, so that what is left of an earlier life of a session can be told from the present one. */
  protected nextEpoch(seen: number): number {
    return (this.#lastEpoch = Math.max(this.#now(), this.#lastEpoch + 1, seen + 1));
  }

  #removedOf({ sessionId, created, claims }: RosterBatch): string[] {
    const now = this.#now();
    return created
      .map(({ connectionId }) => connectionId)
      .filter((id) => claims?.has(id) && this.#removed.has(sessionId, claims.get(id)!.key, now));
  }

  #rememberRemoved({ sessionId, incarnation, destroyed }: RosterBatch, roster: StoredRoster): void {
    for (const { reason, connections } of destroyed) {
      if (reason !== 'forceDisconnected') continue;
      for (const id of connections) {
        const key = roster.part(incarnation).has(id) ? roster.keyOf(id) : undefined;
        if (key !== undefined) this.#removed.add(sessionId, key, this.#now());
      }
    }
  }

  #publish(
    sessionId: string,
    roster: StoredRoster,
    by: string,
    created: Connection[],
    destroyed: RecordedDeparture[],
  ): void {
    const from = roster.seq++;
    const state = this.#state(roster);
    const change: RosterChange = {
      ...state,
      from,
      by,
      own: roster.part(by).size,
      created,
      destroyed: destroyed.map(({ reason, connections }) => ({
        reason,
        connections: connections.map(({ connectionId }) => connectionId),
      })),
    };
    for (const { onChange } of this.#watches.get(sessionId) ?? []) onChange(change);
    const { epoch, seq, count } = state;
    for (const outbox of this.#outboxes) outbox.append({ sessionId, epoch, seq, count, created, destroyed });
  }

  #notify(sessionId: string, notice: RosterNotice): void {
    for (const { onNotice } of this.#watches.get(sessionId) ?? []) onNotice?.(notice);
  }

  #state(roster: StoredRoster | undefined): RosterState {
    const awaited = roster?.awaited ?? [];
    return {
      epoch: roster?.epoch ?? 0,
      seq: roster?.seq ?? 0,
      count: roster?.count ?? 0,
      ...(awaited.length && { awaited }),
    };
  }

  #forgetEmpty(sessionId: string): void {
    if (!this.#rosters.get(sessionId)?.count && !this.#watches.has(sessionId))
      this.#rosters.delete(sessionId);
  }
}
