import { Session, type SessionOptions } from './session.js';
import { Timer } from './timer.js';
import type { TokenSource } from './tokens.js';

/** How long the last to go waits before it leaves, in ms: a router that swaps a page's header is not a leave. */
const lingering = 1_000;

/** One user's hold on a session that a page shares. */
export interface SharedSession {
  readonly session: Session;
  /** Gives the hold back. The session is left when nobody holds it any more. */
  release(): void;
}

const shared = new Map<string, { session: Session; users: Set<unknown>; leaving: Timer }>();

/**
 * Joins a session, or takes part in it where this page has joined it already: same server, API key,
 * session id and `observe` are one session and so one connection. The first token that is accepted
 * serves, the others are spares.
 *
 * @throws {SessionError} as the constructor of {@link Session}.
 */
export function shareSession(options: Omit<SessionOptions, 'token'>, token: TokenSource): SharedSession {
  const { server, apiKey, sessionId, observe } = options;
  const name = JSON.stringify([server, apiKey, sessionId, !!observe]);
  let entry = shared.get(name);
  if (!entry)
    shared.set(name, (entry = { session: new Session(options), users: new Set(), leaving: new Timer() }));
  const { session, users, leaving } = entry;
  leaving.stop();
  const takeBack = session.tokens.add(token);
  users.add(takeBack);
  // One that ended, as by a moderator's hand, isn't brought back by the mere next user.
  if (session.state === 'idle') session.connect();
  return {
    session,
    release: () => {
      if (!users.delete(takeBack)) return;
      takeBack();
      if (users.size) return;
      leaving.start(lingering, () => {
        shared.delete(name);
        session.disconnect();
      });
    },
  };
}
