import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Log } from '../log/index.js';
import { bodySize, longestBody } from './body-size.js';
import { browserFiles } from './browser-files.js';
import type { CallbacksOptions } from './callbacks.js';
import { connect, type ConnectOptions } from './connect.js';
import { EngineError } from '../roster/index.js';
import { errorAnswer } from './error-answer.js';
import { management, type ManagedSessions } from './management.js';
import { playground } from './playground.js';
import { requestLog } from './request-log.js';
import { sessionCount, type SessionCountOptions } from './session-count.js';

export type { ManagedSessions } from './management.js';

/** What {@link createRequestListener} takes. */
export interface HttpOptions extends Omit<SessionCountOptions, 'sessions'>, ConnectOptions {
  readonly sessions: ManagedSessions & SessionCountOptions['sessions'];
  readonly callbacks: CallbacksOptions;
  /** The package's version. */
  readonly version: string;
  readonly log: Log;
  /** What stands before each path, such as `/presence`. Default: nothing. */
  readonly base?: string | undefined;
  /** Whether the server takes new connections. */
  readonly isReady: () => boolean;
  /** Where the built files for browsers are. */
  readonly browserFolder: string;
  /** Where the demo pages are. A development server shows them and gives tokens to its own pages; without it neither. */
  readonly demoFolder?: string | undefined;
}

/**
 * Makes what answers a session server's HTTP requests, all but WebSocket upgrades.
 *
 * @throws {Error} where a file for browsers is missing.
 */
export function createRequestListener(options: HttpOptions): RequestListener {
  const { policy: project, sessions, callbacks, version, isReady, browserFolder, demoFolder, log } = options;
  const app = new Hono().basePath(options.base ?? '');

  app.route('/', requestLog(log, options.trustedProxies));
  app.use(async (context, next) => {
    context.header('X-Content-Type-Options', 'nosniff');
    // Of its like no Request can be made (WHATWG Fetch, forbidden methods).
    if (context.req.method === 'TRACE') return errorAnswer(context, 501, 'This server has no TRACE');
    try {
      decodeURIComponent(new URL(context.req.url).pathname);
    } catch {
      return errorAnswer(context, 400, 'The path has a malformed percent encoding');
    }
    return next();
  });
  app.use(bodySize(longestBody));
  app.get('/healthz', (context) => {
    context.header('Cache-Control', 'no-store');
    return context.text('ok\n');
  });
  app.get('/readyz', (context) => {
    context.header('Cache-Control', 'no-store');
    return isReady() ? context.text('ready\n') : errorAnswer(context, 503, 'The server is about to stop');
  });
  app.route('/', connect(options));
  app.route('/', browserFiles(browserFolder, version));
  app.route('/', management(project, sessions, callbacks));
  app.route('/', sessionCount(options));
  if (demoFolder === undefined) {
    app.get('/', (context) => context.text(`session-connection-count ${version}: a session server\n`));
  } else {
    app.route(
      '/',
      playground({ apiKey: project.apiKey, apiSecret: project.apiSecrets[0]!, folder: demoFolder }),
    );
  }
  app.notFound((context) => errorAnswer(context, 404, `There is nothing at ${context.req.path}`));
  app.onError((error, context) => {
    if (error instanceof EngineError) {
      context.header('Retry-After', '2');
      return errorAnswer(context, 503, 'The rosters can not be reached at the moment: try again');
    }
    // Its client has gone, which is nobody's fault here, and must not fill the log.
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') {
      return errorAnswer(context, 400, 'The request broke off');
    }
    log.error({ err: error, requestId: context.var.requestId }, 'HTTP request failed');
    return errorAnswer(context, 500, 'The server failed to answer: its log says why');
  });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (request, response) => void listener(request, response);
}
