/** The WebSocket subprotocol of this version. */
export const subprotocol = 'session-connection-count.1';

/** Where a server takes connections, below its base address. */
export const connectPath = 'v1/connect';

/** Where the fallback is, below {@link connectPath}: a join gets its stream, and every other frame goes up. */
export const fallbackPaths = { stream: '/stream', frame: '/frame' } as const;

/** The largest frame that a client may send, in bytes. */
export const largestClientFrame = 8 * 1024;
