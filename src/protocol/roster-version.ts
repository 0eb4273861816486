/**
 * A point in the life of a session's roster. Epochs are ordered: a later life of the same session
 * always has a larger one. Within an epoch, `seq` grows with each change.
 */
export interface RosterVersion {
  readonly epoch: number;
  readonly seq: number;
}

/** Whether `a` is later than `b`. */
export const isLater = (a: RosterVersion, b: RosterVersion): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);
