import type { LeaveFrame } from './client-frames.js';
import { isCount, isString, parseFrame } from './frame-shape.js';

/**
 * The fallback is the same protocol without a WebSocket: the join frame is POSTed, and the answer is a stream of the
 * server's frames, one a line. What else a client sends it POSTs too, each frame with {@link Sender} in it. The stream
 * ends after a while, and the client POSTs its join again.
 */

/** What is in a WebSocket's close frame: as the last line of a stream, or POSTed by a page that goes away. */
export interface CloseFrame {
  type: 'close';
  /** One of {@link CloseCode}. */
  code: number;
}

/** Whose frame it is that came by a request of its own. */
export interface Sender {
  sessionId: string;
  /** That of the join. */
  key: string;
}

/** What the server has to know of a frame before it can hand it on. */
export type PostedFrame = Sender &
  (LeaveFrame | CloseFrame | { type: 'sync' } | { type: 'visibility' } | { type: 'forceDisconnect' });

const sender = { sessionId: isString, key: isString };

/**
 * Reads what a frame says that came by a request of its own, as far as its sender goes.
 *
 * @throws {SessionError} 2001 where it isn't one.
 */
export const parsePostedFrame = (text: string): PostedFrame =>
  parseFrame<PostedFrame>(text, {
    leave: sender,
    close: { ...sender, code: isCount },
    sync: sender,
    visibility: sender,
    forceDisconnect: sender,
  });
