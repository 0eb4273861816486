import { SignJWT } from 'jose';
import { createSessionServer, issueClientToken } from '../../dist/server/index.js';

const apiKey = 'browser-test';
const apiSecret = 'a secret for browser tests';

/** A session server that stays at its address when it is restarted. */
class Server {
  url;
  #server;
  #allowedOrigins;

  constructor(allowedOrigins) {
    this.#allowedOrigins = allowedOrigins;
  }

  async start() {
    this.#server = createSessionServer({
      apiKey,
      apiSecrets: [apiSecret],
      port: this.url ? Number(new URL(this.url).port) : 0,
      allowedOrigins: this.#allowedOrigins,
      openSessions: ['open-*'],
    });
    ({ url: this.url } = await this.#server.listen());
    return this;
  }

  stop() {
    return this.#server.close();
  }
}

const sign = (claims, issued, expires, { issuer = apiKey, secret = apiSecret } = {}) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setIssuedAt(issued)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret));
const clientClaims = (sessionId) => ({ scope: 'session.connect', session_id: sessionId });
const managementToken = () => sign({}, '0s', '60s');

/** Tokens that a server refuses, by what is wrong with them. */
const wrongTokens = {
  garbage: () => 'garbage',
  management: managementToken,
  'of another session': () => sign(clientClaims('another'), '0s', '60s'),
  'of another key': (sessionId) => sign(clientClaims(sessionId), '0s', '60s', { issuer: 'another-key' }),
  'of another secret': (sessionId) => sign(clientClaims(sessionId), '0s', '60s', { secret: 'another' }),
  expired: (sessionId) => sign(clientClaims(sessionId), '-2h', '-1h'),
};

/**
 * The real session server beside the tests, one for each browser, as commands that a test page gives:
 * `session-server:url` gives its address, `session-server:strict-url` that of one that no other origin may
 * connect to, `session-server:token` {sessionId, role, data} a token, `session-server:wrong-token`
 * {sessionId, wrong} one that it refuses, `session-server:expired-token` {sessionId} one of yesterday,
 * `session-server:remove` {sessionId, connectionId} removes a connection, as a site's own server does,
 * `session-server:restart` restarts it.
 */
export const sessionServer = () => {
  const servers = new Map();
  const serverOf = (name, allowedOrigins = ['*']) => {
    if (!servers.has(name)) servers.set(name, new Server(allowedOrigins).start());
    return servers.get(name);
  };
  const commands = {
    url: ({ url }) => url,
    'strict-url': async () => (await serverOf('strict', [])).url,
    token: (_, options) => issueClientToken({ apiKey, apiSecret, role: 'subscriber', ...options }),
    'wrong-token': (_, { sessionId, wrong }) => wrongTokens[wrong](sessionId),
    'expired-token': (_, { sessionId }) => wrongTokens.expired(sessionId),
    remove: async ({ url }, { sessionId, connectionId }) => {
      const parts = [
        'v2/project',
        apiKey,
        'session',
        encodeURIComponent(sessionId),
        'connection',
        connectionId,
      ];
      const { status } = await fetch(`${url}/${parts.join('/')}`, {
        method: 'DELETE',
        headers: { 'X-OPENTOK-AUTH': await managementToken() },
      });
      return status;
    },
    restart: async (server) => {
      await server.stop();
      await server.start();
      return true;
    },
  };
  return {
    name: 'session-server',
    serverStop: () => Promise.all([...servers.values()].map(async (server) => (await server).stop())),
    async executeCommand({ command, payload, session }) {
      const [group, name] = command.split(':');
      if (group !== 'session-server' || !(name in commands)) return undefined;
      return commands[name](await serverOf(session.browser), payload);
    },
  };
};
