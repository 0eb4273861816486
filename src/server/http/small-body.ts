import { createMiddleware } from 'hono/factory';
import { errorAnswer } from './error-answer.js';

/** In bytes. */
const longestBody = 64 * 1024;

/** Reads a body as text into `body`, in whatever way its length is told or not told. Refuses more than 64 KiB. */
export const smallBody = createMiddleware<{ Variables: { body: string } }>(async (context, next) => {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (context.req.raw.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > longestBody) {
      return errorAnswer(context, 413, `The body has to have at most ${longestBody} bytes`);
    }
    parts.push(part);
  }
  context.set('body', Buffer.concat(parts).toString());
  return next();
});
