import { SignJWT } from 'jose';
import { createSessionServer, issueClientToken } from '../../dist/server/index.js';

const apiKey = 'browser-test';
const apiSecret = 'a secret for browser tests';

/**
 * The real session server beside the tests, as commands that a test page gives:
 * `session-server:url` gives its address, `session-server:token` {sessionId, role, data} a token,
 * `session-server:expired-token` {sessionId} one of yesterday, `session-server:restart` restarts it.
 */
export const sessionServer = () => {
  let server;
  let url;
  const start = async () => {
    const port = url ? Number(new URL(url).port) : 0;
    server = createSessionServer({
      apiKey,
      apiSecrets: [apiSecret],
      port,
      allowedOrigins: ['*'],
      openSessions: ['open-*'],
    });
    ({ url } = await server.listen());
  };
  return {
    name: 'session-server',
    serverStart: start,
    serverStop: () => server.close(),
    async executeCommand({ command, payload }) {
      switch (command) {
        case 'session-server:url':
          return url;
        case 'session-server:token':
          return issueClientToken({ apiKey, apiSecret, role: 'subscriber', ...payload });
        case 'session-server:expired-token':
          return new SignJWT({ scope: 'session.connect', session_id: payload.sessionId })
            .setProtectedHeader({ alg: 'HS256' })
            .setIssuer(apiKey)
            .setIssuedAt('-2h')
            .setExpirationTime('-1h')
            .sign(new TextEncoder().encode(apiSecret));
        case 'session-server:restart':
          await server.close();
          await start();
          return true;
      }
      return undefined;
    },
  };
};
