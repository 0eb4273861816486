/**
 * One client in a session, as OpenTok's Connection. One tab is one connection.
 */
export interface Connection {
  /** Unique in its session and never used again. */
  readonly connectionId: string;
  /** When the connection was created, in ms since the epoch, by the server's clock. */
  readonly creationTime: number;
  /** The string that the client's token carried as `connection_data`; empty where it carried none. */
  readonly data: string;
}

/** Why a connection ended: the three values of OpenTok's ConnectionEvent page. */
export const connectionReasons = [
  /** The client left: it called `disconnect()`, or its page was closed. */
  'clientDisconnected',
  /** A moderator, or the server's REST call, removed it. */
  'forceDisconnected',
  /** It was lost: network failure, a crash, a server that went down. */
  'networkDisconnected',
] as const;

/** One of {@link connectionReasons}. */
export type ConnectionReason = (typeof connectionReasons)[number];

/** Connections that left for one and the same reason, by id. */
export interface Departure {
  readonly reason: ConnectionReason;
  /** Connection ids. */
  readonly connections: readonly string[];
}

/** Who a token makes its bearer. An observer sees the count without being a connection. */
export const roles = ['subscriber', 'publisher', 'moderator', 'observer'] as const;

/** One of {@link roles}. */
export type Role = (typeof roles)[number];
