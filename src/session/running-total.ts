import type { Connection, ConnectionReason, Departure } from '../protocol/connection.js';
import { isLater, type RosterVersion } from '../protocol/roster-version.js';

/** Connections that left for one and the same reason. */
export interface Leaving {
  readonly reason: ConnectionReason;
  readonly connections: Connection[];
}

/** What a step really changed in the collection. */
export interface Transition {
  readonly created: Connection[];
  readonly destroyed: Leaving[];
}

/**
 * The running total of a session's connections.
 *
 * There is no `+= n` in it. The count is the server's own number where there is one, else the size of a
 * collection keyed by connection id. Adding and removing are idempotent, a whole list replaces, and what
 * is older than what is known is ignored, so lost, doubled or reordered news can't leave a wrong number.
 * Pure: it knows neither network nor time.
 */
export class RunningTotal {
  #version: RosterVersion | undefined;
  #count: number | undefined;
  #listVersion: RosterVersion | undefined;
  #connections: Map<string, Connection> | undefined;

  /** How many connections there are; undefined until known. Never a guess. */
  get count(): number | undefined {
    return this.#count ?? this.#connections?.size;
  }

  /** The version of the count. */
  get version(): RosterVersion | undefined {
    return this.#version;
  }

  /** The version of the list; undefined where only the total is known. */
  get listVersion(): RosterVersion | undefined {
    return this.#listVersion;
  }

  /** The connections by id; undefined where only the total is known. */
  get connections(): ReadonlyMap<string, Connection> | undefined {
    return this.#connections;
  }

  /** Takes the server's number whatever was known before: the answer to a join. */
  restart(version: RosterVersion, count: number): void {
    this.#version = version;
    this.#count = count;
  }

  /** Takes the server's number if it is later than the one known. Tells whether it was. */
  advance(version: RosterVersion, count: number): boolean {
    const later = this.isLater(version, this.#version);
    if (later) this.restart(version, count);
    return later;
  }

  /** Makes the list equal to `connections`. Who is missing in it left for a reason nobody told: networkDisconnected. */
  replace(connections: readonly Connection[], version?: RosterVersion): Transition {
    const staying = new Set(connections.map(({ connectionId }) => connectionId));
    const known = [...(this.#connections?.keys() ?? [])];
    const missing = known.filter((id) => !staying.has(id));
    this.#connections ??= new Map();
    return this.apply(
      connections,
      missing.length ? [{ reason: 'networkDisconnected', connections: missing }] : [],
      version,
    );
  }

  /** Adds and removes. What was there already, or was gone already, changes nothing. */
  apply(
    created: readonly Connection[],
    destroyed: readonly Departure[],
    version?: RosterVersion,
  ): Transition {
    const list = (this.#connections ??= new Map<string, Connection>());
    this.#listVersion = version;
    const added = created.filter(({ connectionId }) => !this.isListed(connectionId));
    for (const connection of added) list.set(connection.connectionId, connection);
    const removed = destroyed
      .map(({ reason, connections }) => ({
        reason,
        connections: connections.filter((id) => this.isListed(id)).map((id) => list.get(id)!),
      }))
      .filter(({ connections }) => connections.length);
    for (const { connections } of removed) {
      for (const { connectionId } of connections) list.delete(connectionId);
    }
    return { created: added, destroyed: removed };
  }

  /** Forgets the list; the total stays. */
  forgetList(): void {
    this.#connections = this.#listVersion = undefined;
  }

  /** Back to nothing known. */
  clear(): void {
    this.forgetList();
    this.#version = this.#count = undefined;
  }

  protected isLater(version: RosterVersion, known: RosterVersion | undefined): boolean {
    return !known || isLater(version, known);
  }

  protected isListed(connectionId: string): boolean {
    return this.#connections!.has(connectionId);
  }
}
