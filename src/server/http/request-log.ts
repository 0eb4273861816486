import { Hono } from 'hono';
import { requestId, type RequestIdVariables } from 'hono/request-id';
import type { Log } from '../log/index.js';

/** In characters: more is no id. */
const longestId = 128;

/**
 * Gives each request an id and logs how it was answered. The id is the header `X-Request-Id`, in both directions; what
 * a client says it is counts only where a proxy of one's own is in front.
 */
export function requestLog(log: Log, trustedProxies: number): Hono<{ Variables: RequestIdVariables }> {
  const routes = new Hono<{ Variables: RequestIdVariables }>();
  routes.use(requestId({ limitLength: longestId, headerName: trustedProxies ? 'X-Request-Id' : '' }));
  routes.use(async (context, next) => {
    const began = performance.now();
    const id = context.var.requestId;
    context.header('X-Request-Id', id);
    await next();
    const { status } = context.res;
    log[status >= 500 ? 'info' : 'debug'](
      {
        requestId: id,
        method: context.req.method,
        // Without the query, which may hold what is nobody's business.
        path: context.req.path,
        status,
        milliseconds: Math.round(performance.now() - began),
      },
      'HTTP request',
    );
  });
  return routes;
}
