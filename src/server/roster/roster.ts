import { randomBytes } from 'node:crypto';
import type { Connection, ConnectionReason, Departure } from '../../protocol/connection.js';
import type { Outbox } from './outbox.js';
import type { RosterChange, RosterEngine, RosterState } from './roster-engine.js';

/** What a {@link Roster} takes. */
export interface RosterOptions {
  readonly engine: RosterEngine;
  /** How long the engine holds an unrenewed lease, in ms. Default: for ever. */
  lease?: number;
  /** The clock, in ms. */
  now?: () => number;
  /**
   * Called when the process lost its lease and lives on as a new incarnation: all of its connections
   * have new ids from then on. Old ids map to the new connections.
   */
  onReborn?: (sessionId: string, renamed: ReadonlyMap<string, Connection>) => void;
}

/** A session's connections on this process, and what of them the engine knows. */
interface Part {
  own: Map<string, Connection>;
  readonly written: Set<string>;
  /** Why those left that left since the last write. */
  readonly reasons: Map<string, ConnectionReason>;
  /** What the engine has is not known, so the next write says all. */
  whole: boolean;
  /** The epoch of the roster that was written to last. */
  writtenEpoch: number;
  /** The latest epoch heard of. */
  lastEpoch: number;
  /** When a roster that the engine lost can be taken for whole again. */
  settlesAt: number;
  watchers: number;
  writing: Promise<RosterState> | undefined;
}

/**
 * This process's part of all rosters. The process is the truth about its own connections; the engine
 * holds a copy. What is written is always the difference between the two, so joins and leaves between two
 * writes are one batch, a join that left again is nothing, and a copy that got lost is made again.
 */
export class Roster {
  readonly #engine: RosterEngine;
  readonly #lease: number;
  readonly #now: () => number;
  readonly #onReborn: NonNullable<RosterOptions['onReborn']>;
  readonly #parts = new Map<string, Part>();
  #incarnation = newIncarnation();
  #made = 0;
  #renewedAt: number;
  /** The engine has this incarnation's lease. */
  #known = false;
  #rebirth: Promise<void> | undefined;

  constructor({ engine, lease = Infinity, now = Date.now, onReborn = () => {} }: RosterOptions) {
    this.#engine = engine;
    this.#lease = lease;
    this.#now = now;
    this.#onReborn = onReborn;
    this.#renewedAt = now();
  }

  /** Makes a connection that is not in any roster yet. Its id is never used again. */
  newConnection(data: string): Connection {
    return { connectionId: `${this.#incarnation}.${++this.#made}`, creationTime: this.#now(), data };
  }

  /** Adds a connection with the next {@link write}. */
  add(sessionId: string, connection: Connection): void {
    this.#part(sessionId).own.set(connection.connectionId, connection);
  }

  /** Takes a connection out with the next {@link write}. */
  remove(sessionId: string, connectionId: string, reason: ConnectionReason): void {
    const part = this.#part(sessionId);
    part.own.delete(connectionId);
    part.reasons.set(connectionId, reason);
  }

  /** Brings a session's copy in the engine up to date; resolves to its state when it is. */
  async write(sessionId: string): Promise<RosterState> {
    const part = this.#part(sessionId);
    // The write under way may have begun before what the caller added.
    if (part.writing) await part.writing;
    return (part.writing ??= this.#write(sessionId, part).finally(() => (part.writing = undefined)));
  }

  /** Keeps this incarnation's lease. To be called every third of it. */
  async renew(): Promise<void> {
    if (!this.holdsLease()) return this.#beReborn();
    const asked = this.#now();
    const held = await this.#engine.renew(this.#incarnation);
    // In time, yet unknown: the engine lost its data, so what it knew of this process has to be told again.
    const lost = !held && this.#known;
    this.#renewedAt = asked;
    this.#known = true;
    if (lost) await this.#writeAnew();
  }

  reap(): Promise<void> {
    return this.#engine.reap();
  }

  async read(sessionId: string): Promise<RosterState> {
    const state = await this.#engine.read(sessionId);
    this.#hear(sessionId, state.epoch);
    return state;
  }

  list(sessionId: string): Promise<RosterState & { readonly connections: readonly Connection[] }> {
    return this.#engine.list(sessionId);
  }

  watch(sessionId: string, listener: (change: RosterChange) => void): () => void {
    const part = this.#part(sessionId);
    part.watchers++;
    const unwatch = this.#engine.watch(sessionId, (change) => {
      this.#hear(sessionId, change.epoch);
      listener(change);
    });
    return () => {
      unwatch();
      part.watchers--;
      this.#forgetUnused(sessionId, part);
    };
  }

  /** Appends the changes of all sessions to an outbox until the returned function is called. */
  record(outbox: Outbox): () => void {
    return this.#engine.record(outbox);
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
    return this.#now() - this.#renewedAt < this.#lease;
  }

  async #write(sessionId: string, part: Part): Promise<RosterState> {
    if (!this.holdsLease()) await this.#beReborn();
    const incarnation = this.#incarnation;
    const { whole } = part;
    part.whole = false;
    const created = [...part.own.values()].filter(
      ({ connectionId }) => whole || !part.written.has(connectionId),
    );
    const gone = [...part.reasons].filter(([id]) => whole || part.written.has(id));
    part.reasons.clear();
    const state = await this.#engine.apply({
      sessionId,
      incarnation,
      created,
      destroyed: byReason(gone),
      whole,
      lastEpoch: part.lastEpoch,
    });
    // Reborn meanwhile: what was written belongs to the incarnation before.
    if (incarnation !== this.#incarnation) return this.#write(sessionId, part);
    if (!state) {
      await this.#beReborn();
      return this.#write(sessionId, part);
    }
    for (const { connectionId } of created) part.written.add(connectionId);
    for (const [id] of gone) part.written.delete(id);
    const lostCopy = !whole && part.writtenEpoch > 0 && state.epoch > part.writtenEpoch;
    part.writtenEpoch = state.epoch;
    this.#hear(sessionId, state.epoch);
    if (lostCopy) {
      part.whole = true;
      return this.#write(sessionId, part);
    }
    this.#forgetUnused(sessionId, part);
    return state;
  }

  #hear(sessionId: string, epoch: number): void {
    const part = this.#parts.get(sessionId);
    if (!part || epoch <= part.lastEpoch) return;
    // A roster made anew lacks whoever didn't write to it yet: one lease, and they did or are dead.
    if (part.lastEpoch > 0) part.settlesAt = this.#now() + this.#lease;
    part.lastEpoch = epoch;
  }

  #forgetUnused(sessionId: string, part: Part): void {
    if (!part.own.size && !part.written.size && !part.watchers) this.#parts.delete(sessionId);
  }

  #beReborn(): Promise<void> {
    return (this.#rebirth ??= this.#startAnew().finally(() => (this.#rebirth = undefined)));
  }

  async #startAnew(): Promise<void> {
    const incarnation = newIncarnation();
    const asked = this.#now();
    // The lease comes first: an incarnation without one that died now would never be reaped.
    await this.#engine.renew(incarnation);
    this.#incarnation = incarnation;
    this.#renewedAt = asked;
    for (const [sessionId, part] of this.#parts) {
      const renamed = new Map<string, Connection>();
      for (const [id, { data, creationTime }] of part.own) {
        renamed.set(id, { ...this.newConnection(data), creationTime });
      }
      part.own = new Map([...renamed.values()].map((connection) => [connection.connectionId, connection]));
      part.written.clear();
      part.reasons.clear();
      this.#onReborn(sessionId, renamed);
    }
    for (const sessionId of this.#parts.keys()) void this.write(sessionId);
  }

  async #writeAnew(): Promise<void> {
    for (const part of this.#parts.values()) part.whole = true;
    await Promise.all([...this.#parts.keys()].map((sessionId) => this.write(sessionId)));
  }

  #part(sessionId: string): Part {
    let part = this.#parts.get(sessionId);
    if (!part) {
      part = {
        own: new Map(),
        written: new Set(),
        reasons: new Map(),
        whole: false,
        writtenEpoch: 0,
        lastEpoch: 0,
        settlesAt: 0,
        watchers: 0,
        writing: undefined,
      };
      this.#parts.set(sessionId, part);
    }
    return part;
  }
}

const newIncarnation = (): string => randomBytes(9).toString('base64url');

function byReason(gone: readonly (readonly [string, ConnectionReason])[]): Departure[] {
  const departures = new Map<ConnectionReason, string[]>();
  for (const [id, reason] of gone) {
    const known = departures.get(reason);
    if (known) known.push(id);
    else departures.set(reason, [id]);
  }
  return [...departures].map(([reason, connections]) => ({ reason, connections }));
}
