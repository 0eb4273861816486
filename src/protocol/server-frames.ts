import type { Connection, Departure, Role } from './connection.js';
import {
  isBoolean,
  isConnection,
  isCount,
  isDeparture,
  isString,
  listOf,
  oneOf,
  optional,
  parseFrame,
  type Shapes,
} from './frame-shape.js';
import type { RosterVersion } from './roster-version.js';

/** A frame that states how many connections the session has at a version. */
interface RosterFrame extends RosterVersion {
  /** The running total: absolute, one's own connection included. */
  count: number;
  /** The server itself can't vouch for the number at present: it stands still until a frame without this. */
  stale?: boolean;
}

/** Answers a join, once the join is in the count. */
export interface JoinedFrame extends RosterFrame {
  type: 'joined';
  /** One's own; an observer has none. */
  connection?: Connection;
  role: Role;
  /** The key's connection was still counted and goes on. */
  resumed: boolean;
  /** A data frame comes at least this often, in ms. */
  heartbeat: number;
}

/** All that a client with detail `count` ever gets; also the heartbeat. */
export interface CountFrame extends RosterFrame {
  type: 'count';
}

/** Takes a list of connections from sequence number `from` to `seq`. */
export interface ChangeFrame extends RosterFrame {
  type: 'change';
  from: number;
  created: Connection[];
  destroyed: Departure[];
}

/** One page of the whole list. Applied as one when all pages of a version are there. */
export interface SnapshotFrame extends RosterFrame {
  type: 'snapshot';
  connections: Connection[];
  /** From 0. */
  page: number;
  pages: number;
}

/** The session got too large or too busy for lists: only counts from here on. */
export interface DetailFrame {
  type: 'detail';
  detail: 'count';
}

/** Open a new socket now, join with the key, close this one after `joined`. */
export interface DrainFrame {
  type: 'drain';
}

/** A forceDisconnect succeeded. */
export interface ResultFrame {
  type: 'result';
  id: number;
}

/** What went wrong. With an `id` it answers that request; without one the socket closes next. */
export interface ErrorFrame {
  type: 'error';
  id?: number;
  name: string;
  code: number;
  message: string;
  fatal: boolean;
  /** Seconds to wait before the next try. */
  retryAfter?: number;
}

/** Everything that a server sends. */
export type ServerFrame =
  | JoinedFrame
  | CountFrame
  | ChangeFrame
  | SnapshotFrame
  | DetailFrame
  | DrainFrame
  | ResultFrame
  | ErrorFrame;

const total = { epoch: isCount, seq: isCount, count: isCount, stale: optional(isBoolean) };

const shapes: Shapes<ServerFrame> = {
  joined: {
    ...total,
    connection: optional(isConnection),
    role: isString,
    resumed: isBoolean,
    heartbeat: isCount,
  },
  count: total,
  change: { ...total, from: isCount, created: listOf(isConnection), destroyed: listOf(isDeparture) },
  snapshot: { ...total, connections: listOf(isConnection), page: isCount, pages: isCount },
  detail: { detail: oneOf(['count']) },
  drain: {},
  result: { id: isCount },
  error: {
    id: optional(isCount),
    name: isString,
    code: isCount,
    message: isString,
    fatal: isBoolean,
    retryAfter: optional(isCount),
  },
};

/**
 * Reads a frame that a server sent.
 *
 * @throws {SessionError} 2001 where it isn't one.
 */
export const parseServerFrame = (text: string): ServerFrame => parseFrame<ServerFrame>(text, shapes);
