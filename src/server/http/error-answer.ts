import type { Context } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/**
 * Answers with an error as JSON, in the form of OpenTok's REST API: the status again, and what to do. Where the server
 * is at fault, also with what its log calls the request.
 */
export const errorAnswer = (
  context: Pick<Context, 'json'> & { readonly var: Readonly<RequestIdVariables> },
  status: ContentfulStatusCode,
  message: string,
): Response =>
  context.json(
    { code: status, message, requestId: status >= 500 ? context.var.requestId : undefined },
    status,
  );
