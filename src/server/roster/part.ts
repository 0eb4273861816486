import type { Connection, ConnectionReason, Departure } from '../../protocol/connection.js';
import type { RosterVersion } from '../../protocol/roster-version.js';
import type { RosterChange, RosterState, WrittenState } from './roster-engine.js';

/** A session's connections on this process, and what of them the engine knows. */
export interface Part {
  own: Map<string, Connection>;
  readonly written: Set<string>;
  /** Why those left that left since the last write. */
  readonly reasons: Map<string, ConnectionReason>;
  /** What the engine has is not known, so the next write says all. */
  whole: boolean;
  /** The epoch of the roster that was written to last. */
  writtenEpoch: number;
  /** The latest version heard of. */
  seen: RosterVersion;
  /** The latest version that watchers were told of. */
  told: RosterVersion;
  /** When a roster that the engine lost can be taken for whole again. */
  settlesAt: number;
  readonly watchers: Set<(change: RosterChange) => void>;
  writing: Promise<RosterState> | undefined;
}

/** A part without connections, of a session that was never heard of. */
export const newPart = (): Part => ({
  own: new Map(),
  written: new Set(),
  reasons: new Map(),
  whole: false,
  writtenEpoch: 0,
  seen: { epoch: 0, seq: 0 },
  told: { epoch: 0, seq: 0 },
  settlesAt: 0,
  watchers: new Set(),
  writing: undefined,
});

/** What is to be written of a part so that the engine's copy is like it. */
export function differenceOf({ own, written, reasons, whole }: Part): {
  created: Connection[];
  gone: (readonly [id: string, reason: ConnectionReason])[];
} {
  return {
    created: [...own.values()].filter(({ connectionId }) => whole || !written.has(connectionId)),
    gone: [...reasons].filter(([id]) => whole || written.has(id)),
  };
}

/** Notes what the engine has been told. */
export function markWritten(part: Part, { created, gone }: ReturnType<typeof differenceOf>): void {
  part.whole = false;
  for (const { connectionId } of created) part.written.add(connectionId);
  for (const [id] of gone) {
    part.written.delete(id);
    part.reasons.delete(id);
  }
  // Who joined and left between two writes is nobody's news; who left since this write began is.
  for (const id of part.reasons.keys()) if (!part.written.has(id)) part.reasons.delete(id);
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
