import type { Connection } from '../../protocol/connection.js';
import { isLater } from '../../protocol/roster-version.js';
import type { Outbox, RecordedDeparture } from './outbox.js';
import type {
  Lease,
  RosterBatch,
  RosterChange,
  RosterEngine,
  RosterState,
  WrittenState,
} from './roster-engine.js';

interface StoredRoster {
  epoch: number;
  seq: number;
  /** The parts by incarnation, each by connection id. */
  readonly parts: Map<string, Map<string, Connection>>;
  /** The last batch of each incarnation, by number. */
  readonly batches: Map<string, number>;
}

/** What a {@link MemoryEngine} takes. */
export interface MemoryEngineOptions {
  /** How long an unrenewed lease holds, in ms. Default: for ever, since there is one process. */
  lease?: number;
  /** The clock, in ms. */
  now?: () => number;
}

/** Rosters in the memory of one process: nothing beside it, nothing kept over a restart. */
export class MemoryEngine implements RosterEngine {
  readonly #lease: number;
  readonly #now: () => number;
  readonly #rosters = new Map<string, StoredRoster>();
  /** Until when each lease holds. */
  readonly #leases = new Map<string, number>();
  readonly #fenced = new Set<string>();
  readonly #listeners = new Map<string, Set<(change: RosterChange) => void>>();
  readonly #outboxes = new Set<Outbox>();
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
    const roster: StoredRoster = known ?? { epoch: 0, seq: 0, parts: new Map(), batches: new Map() };
    const part = roster.parts.get(incarnation) ?? new Map<string, Connection>();
    const late = number <= (roster.batches.get(incarnation) ?? 0);
    const added = late ? [] : batch.created.filter(({ connectionId }) => !part.has(connectionId));
    const removed = late ? [] : departures(batch, part);
    // A roster that somebody knew and that is gone is told anew even where nobody is in it.
    if (!added.length && !removed.length && !lost) return { ...this.#state(known), own: part.size };
    if (lost || !known) {
      roster.epoch = this.nextEpoch(Math.max(seen.epoch, roster.epoch));
      roster.seq = 0;
    }
    for (const connection of added) part.set(connection.connectionId, connection);
    for (const { connections } of removed)
      for (const { connectionId } of connections) part.delete(connectionId);
    this.#rosters.set(sessionId, roster);
    if (!late) roster.batches.set(incarnation, number);
    if (part.size) roster.parts.set(incarnation, part);
    else roster.parts.delete(incarnation);
    this.#publish(sessionId, roster, added, removed);
    return { ...this.#state(roster), own: part.size };
  }

  async reap(): Promise<void> {
    for (const [incarnation, expiry] of this.#leases) {
      if (expiry > this.#now()) continue;
      this.#fenced.add(incarnation);
      this.#leases.delete(incarnation);
      for (const [sessionId, roster] of this.#rosters) {
        roster.batches.delete(incarnation);
        const part = roster.parts.get(incarnation);
        if (!part) continue;
        roster.parts.delete(incarnation);
        this.#publish(
          sessionId,
          roster,
          [],
          [{ reason: 'networkDisconnected', connections: [...part.values()] }],
        );
      }
    }
  }

  async read(sessionId: string): Promise<RosterState> {
    return this.#state(this.#rosters.get(sessionId));
  }

  async list(sessionId: string): Promise<RosterState & { readonly connections: readonly Connection[] }> {
    const roster = this.#rosters.get(sessionId);
    const connections = [...(roster?.parts.values() ?? [])].flatMap((part) => [...part.values()]);
    return { ...this.#state(roster), connections };
  }

  watch(sessionId: string, listener: (change: RosterChange) => void): () => void {
    const listeners = this.#listeners.get(sessionId) ?? new Set();
    this.#listeners.set(sessionId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size) return;
      this.#listeners.delete(sessionId);
      this.#forgetEmpty(sessionId);
    };
  }

  record(outbox: Outbox): () => void {
    this.#outboxes.add(outbox);
    return () => this.#outboxes.delete(outbox);
  }

  /** Forgets everything, as an engine does that comes back empty. */
  protected wipe(): void {
    this.#rosters.clear();
    this.#leases.clear();
    this.#fenced.clear();
  }

  /** A late write of a reaped incarnation has no effect. */
  protected isFenced(incarnation: string): boolean {
    return this.#fenced.has(incarnation);
  }

  /** Epochs are ordered, so that what is left of an earlier life of a session can be told from the present one. */
  protected nextEpoch(seen: number): number {
    return (this.#lastEpoch = Math.max(this.#now(), this.#lastEpoch + 1, seen + 1));
  }

  #publish(
    sessionId: string,
    roster: StoredRoster,
    created: Connection[],
    destroyed: RecordedDeparture[],
  ): void {
    const from = roster.seq++;
    const state = this.#state(roster);
    const change: RosterChange = {
      ...state,
      from,
      created,
      destroyed: destroyed.map(({ reason, connections }) => ({
        reason,
        connections: connections.map(({ connectionId }) => connectionId),
      })),
    };
    for (const listener of this.#listeners.get(sessionId) ?? []) listener(change);
    for (const outbox of this.#outboxes) outbox.append({ sessionId, ...state, created, destroyed });
    this.#forgetEmpty(sessionId);
  }

  #state(roster: StoredRoster | undefined): RosterState {
    if (!roster) return { epoch: 0, seq: 0, count: 0 };
    let count = 0;
    for (const part of roster.parts.values()) count += part.size;
    return { epoch: roster.epoch, seq: roster.seq, count };
  }

  #forgetEmpty(sessionId: string): void {
    if (!this.#rosters.get(sessionId)?.parts.size && !this.#listeners.has(sessionId))
      this.#rosters.delete(sessionId);
  }
}

/** Who of a part leaves with a batch. */
function departures(
  { created, destroyed, whole }: RosterBatch,
  part: ReadonlyMap<string, Connection>,
): RecordedDeparture[] {
  const leaving = destroyed.map(({ reason, connections }) => ({
    reason,
    connections: connections.flatMap((id) => part.get(id) ?? []),
  }));
  if (whole) {
    const named = new Set([
      ...created.map(({ connectionId }) => connectionId),
      ...leaving.flatMap(({ connections }) => connections.map(({ connectionId }) => connectionId)),
    ]);
    leaving.push({
      reason: 'networkDisconnected',
      connections: [...part.values()].filter(({ connectionId }) => !named.has(connectionId)),
    });
  }
  return leaving.filter(({ connections }) => connections.length);
}
