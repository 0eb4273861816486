import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { CountedSessions } from './session-count.js';

/** In ms: between two numbers, and how long a stream may be silent, since proxies cut what is. */
const shortestPause = 250;
const longestSilence = 15_000;
/** In ms: when a reader who lost the stream comes back, at the earliest, and by how much later at the latest. */
const shortestRetry = 1_000;
const retrySpread = 4_000;

/** What {@link countStream} takes. */
export interface CountStreamOptions {
  readonly sessions: CountedSessions;
  /** Ends the stream. */
  readonly closing: AbortSignal;
  /** Called when the reader is gone, or the stream was ended. */
  readonly onEnd: () => void;
}

/**
 * Answers with a session's count as Server-Sent Events (WHATWG HTML, section 9.2), the present one first. A reader
 * who is slow misses numbers, never the last.
 */
export function countStream(
  context: Context,
  sessionId: string,
  { sessions, closing, onEnd }: CountStreamOptions,
): Response {
  context.header('Cache-Control', 'no-store');
  // nginx would keep the events until there are enough of them.
  context.header('X-Accel-Buffering', 'no');
  // When its process stops all readers lose their streams at once.
  const retry = shortestRetry + Math.floor(Math.random() * retrySpread);
  return streamSSE(context, async (stream) => {
    let state: Awaited<ReturnType<typeof sessions.read>> | undefined;
    let changed = true;
    let wake = (): void => {};
    const unwatch = sessions.watch(sessionId, () => {
      changed = true;
      wake();
    });
    // Of both, since a write to a reader who is gone may never come to an end.
    const end = new AbortController();
    const abort = (): void => stream.abort();
    closing.addEventListener('abort', abort);
    end.signal.onabort = () => {
      closing.removeEventListener('abort', abort);
      unwatch();
      onEnd();
      wake();
    };
    stream.onAbort(() => end.abort());
    try {
      while (!stream.aborted) {
        if (changed) {
          changed = false;
          // While it can't be read the last one stands, until the session is heard of again.
          state = await sessions.read(sessionId).catch(() => state && { ...state, stale: true });
          if (state) {
            const { count, epoch, seq, stale } = state;
            const data = JSON.stringify({ sessionId, count, epoch, seq, stale });
            await stream.writeSSE({ id: `${epoch}-${seq}`, data, retry });
          }
        } else {
          await stream.write(':\n\n');
        }
        await stream.sleep(shortestPause);
        if (changed || stream.aborted) continue;
        await new Promise<void>((resolve) => {
          const silence = setTimeout(resolve, longestSilence);
          wake = () => {
            clearTimeout(silence);
            resolve();
          };
        });
      }
    } finally {
      end.abort();
    }
  });
}
