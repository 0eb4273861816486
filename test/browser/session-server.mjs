import { SignJWT } from 'jose';
import { createSessionServer, issueClientToken } from '../../dist/server/index.js';

const apiKey = 'browser-test';
const apiSecret = 'a secret for browser tests';

/** A session server that stays at its address when it is restarted. */
class Server {
  url;
  #server;

  async start() {
    this.#server = createSessionServer({
      apiKey,
      apiSecrets: [apiSecret],
      port: this.url ? Number(new URL(this.url).port) : 0,
      allowedOrigins: ['*'],
      openSessions: ['open-*'],
    });
    ({ url: this.url } = await this.#server.listen());
    return this;
  }

  stop() {
    return this.#server.close();
  }
}

/**
 * The real session server beside the tests, one for each browser, as commands that a test page gives:
 * `session-server:url` gives its address, `session-server:token` {sessionId, role, data} a token,
 * `session-server:expired-token` {sessionId} one of yesterday, `session-server:restart` restarts it.
 */
export const sessionServer = () => {
  const servers = new Map();
  const serverOf = (browser) => {
    if (!servers.has(browser)) servers.set(browser, new Server().start());
    return servers.get(browser);
  };
  const commands = {
    url: ({ url }) => url,
    token: (_, options) => issueClientToken({ apiKey, apiSecret, role: 'subscriber', ...options }),
    'expired-token': (_, { sessionId }) =>
      new SignJWT({ scope: 'session.connect', session_id: sessionId })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(apiKey)
        .setIssuedAt('-2h')
        .setExpirationTime('-1h')
        .sign(new TextEncoder().encode(apiSecret)),
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
