import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { errorAnswer } from './error-answer.js';

/** In bytes. */
const longestBody = 64 * 1024;

const limit = bodyLimit({
  maxSize: longestBody,
  onError: (context) => errorAnswer(context, 413, `The body has to have at most ${longestBody} bytes`),
});

/** Refuses requests whose bodies are too long, also where they don't say how long they are. */
export const bodySize: MiddlewareHandler = (context, next) => {
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
