import { Hono } from 'hono';
import type { Connection } from '../../protocol/connection.js';
import { SessionError } from '../../protocol/session-error.js';
import { isSessionId } from '../../protocol/session-id.js';
import { verifyManagementToken, type ProjectKeys } from '../tokens/index.js';
import { callbacks, type CallbacksOptions } from './callbacks.js';
import { createdSession } from './created-session.js';
import { errorAnswer } from './error-answer.js';

/** The sessions that the REST calls look into. */
export interface ManagedSessions {
  list(sessionId: string): Promise<readonly Connection[]>;
  /** Resolves to false where there is no such connection. */
  forceDisconnect(sessionId: string, connectionId: string): Promise<boolean>;
}

/** `projectId` is what the caller's token calls the project. */
type Managed = Hono<{ Variables: { projectId: string } }>;

/** The REST calls of OpenTok's server SDKs, at their paths and with their authentication. */
export function management(
  project: ProjectKeys,
  sessions: ManagedSessions,
  callbackOptions: CallbacksOptions,
): Managed {
  const routes: Managed = new Hono();
  const connections = '/v2/project/:key/session/:session/connection';

  // Before anything else, so that a stranger learns nothing of what exists.
  routes.on('ALL', ['/v2/*', '/session/create'], async (context, next) => {
    const token =
      context.req.header('X-OPENTOK-AUTH') ?? context.req.header('Authorization')?.replace(/^Bearer +/i, '');
    if (!token) {
      return errorAnswer(context, 403, 'The call needs a management token in the header X-OPENTOK-AUTH');
    }
    try {
      context.set('projectId', await verifyManagementToken(token, project));
    } catch (error) {
      if (error instanceof SessionError) return errorAnswer(context, 403, error.message);
      throw error;
    }
    return next();
  });

  routes.use('/v2/project/:key/*', async (context, next) => {
    if (context.req.param('key') === context.get('projectId')) return next();
    return errorAnswer(
      context,
      404,
      "The project in the path isn't the token's: use the API key, or the application's id, that the token was made with",
    );
  });

  routes.use(`${connections}/:connection?`, async (context, next) => {
    const { session, connection } = context.req.param();
    if (!isSessionId(session) || (connection !== undefined && !isSessionId(connection))) {
      return errorAnswer(
        context,
        400,
        'The session id and the connection id have to be 1 to 255 characters, without control characters',
      );
    }
    return next();
  });

  routes.get(connections, async (context) => {
    const sessionId = context.req.param('session');
    const items = (await sessions.list(sessionId)).map(({ connectionId, creationTime, data }) => ({
      connectionId,
      createdAt: creationTime,
      data,
    }));
    context.header('Cache-Control', 'no-store');
    return context.json({ count: items.length, projectId: context.get('projectId'), sessionId, items });
  });

  routes.delete(`${connections}/:connection`, async (context) => {
    const { session, connection } = context.req.param();
    if (await sessions.forceDisconnect(session, connection)) return context.body(null, 204);
    return errorAnswer(context, 404, 'The session has no such connection: it may have left already');
  });

  routes.post('/session/create', async (context) => {
    if (new URLSearchParams(await context.req.text()).get('archiveMode') === 'always') {
      return errorAnswer(
        context,
        400,
        'This server keeps no archives: create the session with archiveMode=manual',
      );
    }
    return context.json([createdSession(context.get('projectId'))]);
  });

  routes.route('/v2/project/:key/callback', callbacks(callbackOptions));

  routes.all('/v2/project/*', (context) =>
    errorAnswer(
      context,
      501,
      `This server has no ${context.req.method} ${context.req.path}: it creates sessions, lists and removes their connections, and registers callbacks`,
    ),
  );

  return routes;
}
