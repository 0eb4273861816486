import type { Connection } from '../../protocol/connection.js';
import type { RecordedDeparture } from './outbox.js';
import type { Claim, RosterBatch } from './roster-engine.js';

/** Who has the connection of a key. */
interface Holder {
  readonly incarnation: string;
  readonly connectionId: string;
}

/** What became of the connections that a batch created. */
export interface Arrivals {
  readonly added: Connection[];
  readonly moved: Map<string, Connection>;
  readonly away: string[];
}

/** A session's connections in the memory of one process, in the parts of the incarnations that have them. */
export class StoredRoster {
  epoch = 0;
  seq = 0;
  /** The last batch of each incarnation, by number. */
  readonly batches = new Map<string, number>();
  /** The incarnations that it waits for since it was lost, and those that have told anew whom they have. */
  readonly #awaited = new Set<string>();
  readonly #told = new Set<string>();
  readonly #parts = new Map<string, Map<string, Connection>>();
  readonly #holders = new Map<string, Holder>();
  readonly #claims = new Map<string, Claim>();

  get count(): number {
    let count = 0;
    for (const part of this.#parts.values()) count += part.size;
    return count;
  }

  get connections(): Connection[] {
    return [...this.#parts.values()].flatMap((part) => [...part.values()]);
  }

  /** The incarnations that have connections. */
  get parts(): string[] {
    return [...this.#parts.keys()].sort();
  }

  get awaited(): string[] {
    return [...this.#awaited].sort();
  }

  /** Begins a new life, which lacks whoever had connections in the one before. */
  lose({ incarnation }: RosterBatch): void {
    this.#awaited.clear();
    this.#told.clear();
    this.#awaited.add(incarnation);
  }

  /** Takes a batch that says all for that of one whom it waits for. */
  tell({ incarnation, former = [], others = [] }: RosterBatch): void {
    for (const other of others) if (!this.#told.has(other)) this.#awaited.add(other);
    for (const each of [incarnation, ...former]) {
      this.#told.add(each);
      this.#awaited.delete(each);
    }
  }

  /** Waits for an incarnation no more, which is dead. */
  giveUp(incarnation: string): void {
    this.#awaited.delete(incarnation);
  }

  part(incarnation: string): ReadonlyMap<string, Connection> {
    return this.#parts.get(incarnation) ?? new Map();
  }

  /** Who has the connection of a key, where somebody has. */
  holderOf(key: string): Holder | undefined {
    const holder = this.#holders.get(key);
    return holder && this.part(holder.incarnation).has(holder.connectionId) ? holder : undefined;
  }

  /** Which incarnation has a connection. */
  incarnationOf(connectionId: string): string | undefined {
    for (const [incarnation, part] of this.#parts) if (part.has(connectionId)) return incarnation;
    return undefined;
  }

  keyOf(connectionId: string): string | undefined {
    return this.#claims.get(connectionId)?.key;
  }

  /**
   * Adds the created connections of a batch, but for those that are there already under the same key.
   *
   * @param refused Those that aren't to be added.
   * @param hasMoved Whether a connection was moved from one incarnation to another: then it has left since.
   */
  add(
    { incarnation, created, claims, former }: RosterBatch,
    refused: ReadonlySet<string>,
    hasMoved: (connectionId: string) => boolean,
  ): Arrivals {
    const arrivals: Arrivals = { added: [], moved: new Map(), away: [] };
    for (const connection of created) {
      const { connectionId } = connection;
      if (refused.has(connectionId)) continue;
      const claim = claims?.get(connectionId);
      const holder = claim && this.holderOf(claim.key);
      if (!claim || !holder) {
        if (this.part(incarnation).has(connectionId)) continue;
        if (hasMoved(connectionId)) {
          arrivals.away.push(connectionId);
          continue;
        }
        this.#put(incarnation, connection, claim);
        arrivals.added.push(connection);
        continue;
      }
      const held = this.#claims.get(holder.connectionId)!;
      const isOwn = holder.incarnation === incarnation || !!former?.includes(holder.incarnation);
      if (!isOwn && claim.attempt <= held.attempt) {
        arrivals.away.push(connectionId);
        continue;
      }
      const moving = this.remove(holder.incarnation, holder.connectionId)!;
      this.#put(incarnation, moving, claim.attempt > held.attempt ? claim : held);
      if (holder.incarnation === incarnation && holder.connectionId === connectionId) continue;
      arrivals.moved.set(connectionId, moving);
    }
    return arrivals;
  }

  /** Takes a connection out. Undefined where it isn't in the incarnation's part. */
  remove(incarnation: string, connectionId: string): Connection | undefined {
    const part = this.#parts.get(incarnation);
    const connection = part?.get(connectionId);
    if (!part || !connection) return undefined;
    part.delete(connectionId);
    if (!part.size) this.#parts.delete(incarnation);
    const key = this.keyOf(connectionId);
    this.#claims.delete(connectionId);
    if (key !== undefined && this.#holders.get(key)?.connectionId === connectionId) this.#holders.delete(key);
    return connection;
  }

  /** Takes out who leaves with a batch, those aside whom a whole one doesn't name. */
  depart({ incarnation, destroyed }: RosterBatch): RecordedDeparture[] {
    return destroyed
      .map(({ reason, connections }) => ({ reason, connections: this.#removeAll(incarnation, connections) }))
      .filter(({ connections }) => connections.length);
  }

  /** Takes out whom a whole batch, which was added, doesn't name. */
  departUnnamed({ incarnation, created }: RosterBatch, { moved }: Arrivals): RecordedDeparture[] {
    const named = new Set(
      created.map(({ connectionId }) => moved.get(connectionId)?.connectionId ?? connectionId),
    );
    const rest = [...this.part(incarnation).keys()].filter((id) => !named.has(id));
    const connections = this.#removeAll(incarnation, rest);
    return connections.length ? [{ reason: 'networkDisconnected', connections }] : [];
  }

  #removeAll(incarnation: string, connectionIds: readonly string[]): Connection[] {
    return connectionIds.flatMap((id) => this.remove(incarnation, id) ?? []);
  }

  #put(incarnation: string, connection: Connection, claim: Claim | undefined): void {
    const part = this.#parts.get(incarnation) ?? new Map<string, Connection>();
    this.#parts.set(incarnation, part.set(connection.connectionId, connection));
    if (!claim) return;
    this.#holders.set(claim.key, { incarnation, connectionId: connection.connectionId });
    this.#claims.set(connection.connectionId, claim);
  }
}
