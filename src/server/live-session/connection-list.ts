import type { Connection, ConnectionReason, Departure } from '../../protocol/connection.js';
import { isLater, type RosterVersion } from '../../protocol/roster-version.js';
import type { ChangeFrame, SnapshotFrame } from '../../protocol/server-frames.js';
import type { RosterStep, RosterState } from '../roster/index.js';

/** How many change frames are kept for sockets that missed some. */
const keptFrames = 64;
/** The largest page of a snapshot, in characters of its connections' JSON. */
const pageSize = 32 * 1024 - 512;

/**
 * The list of a session's connections as its watchers are told of it: it moves from flush to flush, and
 * each step is one change frame for all who follow.
 */
export class ConnectionList {
  #connections: Map<string, Connection>;
  #state: RosterState;
  #pending: RosterStep[] = [];
  #frames: { from: RosterVersion; frame: string }[] = [];
  #snapshot: string[] | undefined;

  constructor({ connections, ...state }: RosterState & { readonly connections: readonly Connection[] }) {
    this.#connections = new Map(connections.map((connection) => [connection.connectionId, connection]));
    this.#state = state;
  }

  /** What the watchers were told of so far. */
  get version(): RosterVersion {
    return this.#state;
  }

  /** What it has heard of so far. */
  get latest(): RosterVersion {
    return this.#pending.at(-1) ?? this.#state;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Takes a change, to be told with the next {@link step}. False where one before it is missing. */
  receive(change: RosterStep): boolean {
    const last = this.latest;
    if (!isLater(change, last)) return true;
    // The first change of all follows the state of a session that nobody was ever seen in.
    if (last.seq !== change.from || (last.epoch !== change.epoch && change.from > 0)) return false;
    this.#pending.push(change);
    return true;
  }

  /** Tells what is pending as one step. Returns how many connections came or went in it. */
  step(): number {
    const pending = this.#pending;
    const last = pending.at(-1);
    if (!last) return 0;
    const created = new Map<string, Connection>();
    const destroyed = new Map<ConnectionReason, string[]>();
    for (const change of pending) {
      for (const connection of change.created) created.set(connection.connectionId, connection);
      for (const { reason, connections } of change.destroyed) {
        // Who came and went between two steps was seen by nobody.
        const seen = connections.filter((id) => !created.delete(id));
        if (seen.length) destroyed.set(reason, (destroyed.get(reason) ?? []).concat(seen));
      }
    }
    const departures: Departure[] = [...destroyed].map(([reason, connections]) => ({ reason, connections }));
    for (const connection of created.values()) this.#connections.set(connection.connectionId, connection);
    for (const { connections } of departures) for (const id of connections) this.#connections.delete(id);
    const from = this.#state;
    const { epoch, seq, count } = last;
    const frame: ChangeFrame = {
      type: 'change',
      epoch,
      from: from.seq,
      seq,
      count,
      created: [...created.values()],
      destroyed: departures,
    };
    this.#frames.push({ from, frame: JSON.stringify(frame) });
    if (this.#frames.length > keptFrames) this.#frames.shift();
    this.#state = { epoch, seq, count };
    this.#pending = [];
    this.#snapshot = undefined;
    return created.size + departures.reduce((sum, { connections }) => sum + connections.length, 0);
  }

  /** The frames that bring a list of `version` up to this one: the missed changes, or the whole. */
  framesSince(version: RosterVersion | undefined): string[] {
    const first = this.#frames.findIndex(
      ({ from }) => from.epoch === version?.epoch && from.seq === version.seq,
    );
    if (first >= 0 && version?.epoch === this.#state.epoch)
      return this.#frames.slice(first).map(({ frame }) => frame);
    return (this.#snapshot ??= this.#pages());
  }

  #pages(): string[] {
    const pages: Connection[][] = [[]];
    let size = 0;
    for (const connection of this.#connections.values()) {
      const length = JSON.stringify(connection).length;
      if (size && size + length > pageSize) {
        pages.push([]);
        size = 0;
      }
      size += length;
      pages.at(-1)!.push(connection);
    }
    const { epoch, seq, count } = this.#state;
    return pages.map((connections, page) =>
      JSON.stringify({
        type: 'snapshot',
        epoch,
        seq,
        count,
        connections,
        page,
        pages: pages.length,
      } satisfies SnapshotFrame),
    );
  }
}
