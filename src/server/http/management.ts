import { Hono } from 'hono';
import type { Connection } from '../../protocol/connection.js';
import { SessionError } from '../../protocol/session-error.js';
import { isSessionId } from '../../protocol/session-id.js';
import { verifyManagementToken, type ProjectKeys } from '../tokens/index.js';
import { errorAnswer } from './error-answer.js';

/** The sessions that the REST calls look into. */
export interface ManagedSessions {
  list(sessionId: string): Promise<readonly Connection[]>;
  /** Resolves to false where there is no such connection. */
  forceDisconnect(sessionId: string, connectionId: string): Promise<boolean>;
}

/** The REST calls of OpenTok's server SDKs, at their paths and with their authentication. */
export function management(project: ProjectKeys, sessions: ManagedSessions): Hono {
  const routes = new Hono();
  const connections = '/v2/project/:key/session/:session/connection';

  // Before anything else, so that a stranger learns nothing of what exists.
  routes.use('/v2/*', async (context, next) => {
    const token =
      context.req.header('X-OPENTOK-AUTH') ?? context.req.header('Authorization')?.replace(/^Bearer +/i, '');
    if (!token) {
      return errorAnswer(context, 403, 'The call needs a management token in the header X-OPENTOK-AUTH');
    }
    try {
      await verifyManagementToken(token, project);
    } catch (error) {
      if (error instanceof SessionError) return errorAnswer(context, 403, error.message);
      throw error;
    }
    return next();
  });

  routes.use(`${connections}/:connection?`, async (context, next) => {
    const { key, session, connection } = context.req.param();
    if (key !== project.apiKey) {
      return errorAnswer(
        context,
        404,
        "The project in the path isn't this server's: use the API key of the token",
      );
    }
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
    return context.json({ count: items.length, projectId: project.apiKey, sessionId, items });
  });

  routes.delete(`${connections}/:connection`, async (context) => {
    const { session, connection } = context.req.param();
    if (await sessions.forceDisconnect(session, connection)) return context.body(null, 204);
    return errorAnswer(context, 404, 'The session has no such connection: it may have left already');
  });

  return routes;
}
