import { CloseCode } from '../../protocol/close-code.js';
import type { ConnectionReason } from '../../protocol/connection.js';

/**
 * When a connection without a socket is to leave, and why. Here as everywhere between sockets and sessions, times are
 * those of `performance.now()`, since the system's clock may be set while connections last.
 */
export interface DepartureDue {
  readonly at: number;
  readonly reason: ConnectionReason;
}

/** How long a page that went away may take to come back as the next page, in ms. */
const pageGrace = 3_000;
/** How long a broken connection may take to come back, in ms. */
const breakGrace = 10_000;
/** How long a connection may show no sign of life, in ms. */
export const silenceLimit = 20_000;

/** Whether a browser that calls itself so is Firefox. */
export const isFirefox = (userAgent: string): boolean => /\bFirefox\//.test(userAgent);

/**
 * The close code that a client would have given itself. Firefox closes the sockets of a page that is left, with
 * 1001, before the page hears of it and can say 4001.
 */
export const meantBy = (code: number, byFirefox: boolean): number =>
  code === 1001 && byFirefox ? CloseCode.pageHidden : code;

/**
 * The reason table: what becomes of a connection whose socket closed.
 *
 * @param code The WebSocket close code; 1005 and 1006 as RFC 6455, section 7.4.1, has them.
 * @param lastSeen When the client was last heard of, and `now`, in ms.
 */
export function departureAfter(code: number, lastSeen: number, now: number): DepartureDue {
  if (code === CloseCode.normal || code === 1005) return { at: now, reason: 'clientDisconnected' };
  // A client says 4001 itself. With 1001 Chromium speaks for a killed renderer.
  if (code === CloseCode.pageHidden) return { at: now + pageGrace, reason: 'clientDisconnected' };
  return { at: Math.min(now + breakGrace, lastSeen + silenceLimit), reason: 'networkDisconnected' };
}
