import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { errorAnswer } from './error-answer.js';

/** The longest body of any request, in bytes. */
export const longestBody = 64 * 1024;

/**
 * Refuses requests whose bodies are too long, also where they don't say how long they are.
 *
 * @param longest In bytes.
 */
export function bodySize(longest: number): MiddlewareHandler {
  const limit = bodyLimit({
    maxSize: longest,
    onError: (context) => errorAnswer(context, 413, `The body has to have at most ${longest} bytes`),
  });
  return (context, next) => {
    const { method, headers, url, body } = context.req.raw;
    if (method === 'GET' || method === 'HEAD') return next();
    if (headers.has('Transfer-Encoding')) {
      // The middleware copies such a request, and the Node adapter's can't be copied.
      const init = { method, headers: [...headers], body, duplex: 'half' };
      context.req.raw = new Request(url, init as RequestInit);
    } else if (!headers.has('Content-Length')) {
      return next();
    }
    return limit(context, next);
  };
}
