import type { Connection, ConnectionReason, Departure } from '../../protocol/connection.js';
import type { Claim, WrittenState } from './roster-engine.js';

/** A session's connections on this process, and what of them the engine knows. */
export interface Part {
  own: Map<string, Connection>;
  /** What the clients of own connections claim them with, by connection id. */
  readonly claims: Map<string, Claim>;
  readonly written: Set<string>;
  /** Why those left that left since the last write. */
  readonly reasons: Map<string, ConnectionReason>;
  /** What the engine has is not known, so the next write says all. */
  whole: boolean;
  /** The epoch of the roster that was written to last. */
  writtenEpoch: number;
}

/** A part without connections, of a session that was never heard of. */
export const newPart = (): Part => ({
  own: new Map(),
  claims: new Map(),
  written: new Set(),
  reasons: new Map(),
  whole: false,
  writtenEpoch: 0,
});

/** What is to be written of a part so that the engine's copy is like it. */
export interface Difference {
  readonly created: Connection[];
  /** Those of the created. */
  readonly claims: Map<string, Claim>;
  readonly gone: (readonly [id: string, reason: ConnectionReason])[];
}

/** The difference between a part and the engine's copy, as it is at present. */
export function differenceOf({ own, written, reasons, whole, ...part }: Part): Difference {
  const difference: Difference = {
    created: [...own.values()].filter(({ connectionId }) => whole || !written.has(connectionId)),
    claims: new Map(),
    gone: [...reasons].filter(([id]) => whole || written.has(id)),
  };
  for (const { connectionId } of difference.created) {
    const claim = part.claims.get(connectionId);
    if (claim) difference.claims.set(connectionId, claim);
  }
  return difference;
}

/** Notes what the engine has been told. */
export function markWritten(part: Part, { created, gone }: Difference): void {
  part.whole = false;
  for (const { connectionId } of created) part.written.add(connectionId);
  for (const [id] of gone) {
    part.written.delete(id);
    part.reasons.delete(id);
  }
  // Who joined and left between two writes is nobody's news; who left since this write began is.
  for (const id of part.reasons.keys()) if (!part.written.has(id)) part.reasons.delete(id);
}

/**
 * Takes over the connections that moved here, and lets go of those that are no longer this process's.
 *
 * @returns Those of them that are still wanted, or were had, here.
 */
export function takeSurprises(
  part: Part,
  { moved, away, removed }: WrittenState,
): { resumed: Map<string, Connection>; away: string[]; removed: string[] } {
  const resumed = new Map<string, Connection>();
  for (const [id, connection] of moved) {
    if (renameIn(part, id, connection)) resumed.set(id, connection);
    part.written.delete(id);
    part.written.add(connection.connectionId);
  }
  return {
    resumed,
    away: away.filter((id) => letGo(part, id)),
    removed: removed.filter((id) => letGo(part, id)),
  };
}

/** Gives an own connection another id, or what becomes of one that left meanwhile. False where it did. */
export function renameIn(part: Part, id: string, connection: Connection): boolean {
  const { connectionId } = connection;
  const claim = part.claims.get(id);
  const reason = part.reasons.get(id);
  part.claims.delete(id);
  part.reasons.delete(id);
  if (claim) part.claims.set(connectionId, claim);
  if (reason) part.reasons.set(connectionId, reason);
  if (!part.own.delete(id)) return false;
  part.own.set(connectionId, connection);
  return true;
}

function letGo(part: Part, id: string): boolean {
  for (const each of [part.written, part.claims, part.reasons]) each.delete(id);
  return part.own.delete(id);
}

/** Whether a write of the difference showed that the engine lost what it had of this part. */
export const isLost = (part: Part, { epoch, own }: WrittenState): boolean =>
  own !== part.written.size || (part.writtenEpoch > 0 && epoch > part.writtenEpoch);

/** Groups connection ids by the reason why they left. */
export function byReason(gone: readonly (readonly [string, ConnectionReason])[]): Departure[] {
  const departures = new Map<ConnectionReason, string[]>();
  for (const [id, reason] of gone) {
    const known = departures.get(reason);
    if (known) known.push(id);
    else departures.set(reason, [id]);
  }
  return [...departures].map(([reason, connections]) => ({ reason, connections }));
}
