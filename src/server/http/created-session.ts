import { randomBytes } from 'node:crypto';

/** What `POST /session/create` answers, under OpenTok's names. */
export interface CreatedSession {
  readonly session_id: string;
  readonly project_id: string;
  readonly partner_id: string;
  /** As ISO 8601. */
  readonly create_dt: string;
  /** Empty: there is no media. */
  readonly media_server_url: string;
}

/**
 * A session id that nobody has, in OpenTok's form: `2_`, then in URL-safe base64 `1~project~location~ms~random~`.
 * OpenTok's server SDKs read the project out of it. The server keeps nothing: a session is what its connections
 * make it.
 */
export function createdSession(projectId: string): CreatedSession {
  const now = new Date();
  const inside = ['1', projectId, '', now.getTime(), randomBytes(18).toString('base64url'), ''].join('~');
  return {
    session_id: `2_${Buffer.from(inside).toString('base64url')}`,
    project_id: projectId,
    partner_id: projectId,
    create_dt: now.toISOString(),
    media_server_url: '',
  };
}
