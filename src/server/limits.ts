/** What a server takes on. What is beyond it is refused with a reason, and what is there goes on. */
export interface Limits {
  /** WebSockets, and streams instead of them, from one address; of IPv6, from one network of 64 bits. */
  readonly connectionsPerAddress: number;
  /** Counted connections of one session. */
  readonly connectionsPerSession: number;
  /** Sessions that somebody is connected to or watches. */
  readonly sessions: number;
  /** New WebSockets, and streams instead of them, in a second; of one address, half as many. */
  readonly handshakesPerSecond: number;
  /** Frames that one client may send in a second; twice as many at once. */
  readonly framesPerSecond: number;
  /** Requests for a count from one address in a second; twice as many at once. */
  readonly requestsPerSecond: number;
}

/** The limits of a server that isn't told others. */
export const defaultLimits: Limits = {
  connectionsPerAddress: 1_000,
  connectionsPerSession: 15_000,
  sessions: 100_000,
  handshakesPerSecond: 1_500,
  framesPerSecond: 20,
  requestsPerSecond: 20,
};
