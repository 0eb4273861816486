import { bodyLimit } from 'hono/body-limit';
import { errorAnswer } from './error-answer.js';

/** In bytes. */
const longestBody = 64 * 1024;

/** Refuses bodies that no call needs: of more than 64 KiB. */
export const smallBody = bodyLimit({
  maxSize: longestBody,
  onError: (context) => errorAnswer(context, 413, `The body has to have at most ${longestBody} bytes`),
});
