/**
 * The WebSocket close codes of the protocol. Codes under 4000 are those of RFC 6455, section 7.4.
 * What a client does after each is in `client/close-response.ts`.
 */
export const CloseCode = {
  /** The client leaves of its own will. */
  normal: 1000,
  /** The server's frame was too large for the reader, or the client's for the server (RFC 6455). */
  tooBig: 1009,
  /** The server restarts. */
  restart: 1012,
  /** The server can't take the join now. */
  tryLater: 1013,
  /** The client gave this socket up for a new one with the same key. */
  replaced: 4000,
  /** The page goes away; the next page of the tab may resume with the same key. */
  pageHidden: 4001,
  /** A frame that is not the protocol's. */
  protocol: 4400,
  /** The token, its absence or the page's origin was refused (error 1004). */
  unauthorized: 4401,
  /** A moderator or the REST call removed the connection: stay away. */
  removed: 4403,
  /** The session id has a bad form (error 1005). */
  badSession: 4404,
  /** The reader was too slow for 30 s. */
  tooSlow: 4408,
  /** A newer socket joined with the same key. */
  superseded: 4409,
  /** The session or server is full (error 1027). */
  full: 4427,
  /** Too many frames. */
  tooManyFrames: 4429,
} as const;
