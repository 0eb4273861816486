import type { ErrorFrame } from '../protocol/server-frames.js';
import type { SessionError } from '../protocol/session-error.js';

/**
 * The frame that tells a client of an error.
 *
 * @param id The request that it answers. Default: none, and the socket closes next.
 */
export const errorFrame = ({ name, code, message, fatal, retryAfter }: SessionError, id?: number): string =>
  JSON.stringify({ type: 'error', id, name, code, message, fatal, retryAfter } satisfies ErrorFrame);
