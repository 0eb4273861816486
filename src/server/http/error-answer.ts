import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Answers with an error as JSON, in the form of OpenTok's REST API: the status again, and what to do. */
export const errorAnswer = (
  context: Pick<Context, 'json'>,
  status: ContentfulStatusCode,
  message: string,
): Response => context.json({ code: status, message }, status);
