import { createHmac } from 'node:crypto';
import { developmentKey } from '../development-key.js';
import { createSessionServer, type SessionServer, type SessionServerOptions } from '../session-server.js';
import { nameOfRedis, redisAddress } from '../roster/redis/index.js';
import { applicationOf, limitsOf, projectOf, readSettings } from '../settings.js';
import { issueClientToken } from '../tokens/index.js';

/** The life of the token that a development server prints, in seconds: pasted once, it should last. */
const tokenLife = 30 * 24 * 60 * 60;

/**
 * The command `serve`: runs a session server until the process is told to stop.
 *
 * @param args The command line after the command.
 */
export async function serve(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const settings = readSettings(args, environment);
  const project = projectOf(settings);
  const application = applicationOf(settings);
  const limits = limitsOf(settings);
  if (project) {
    const { url, metricsUrl } = await start({ ...settings, ...project, application, limits });
    const { openSessions, allowedOrigins } = settings;
    console.log(`Session server for the project ${project.apiKey} at ${url}
Pages that may connect: the server's own${listed(allowedOrigins, ' and those of ', ' alone: see --allow-origin')}
Sessions without a token: ${listed(openSessions, '', 'none')}
Rosters: ${settings.redis ? `in the Redis at ${nameOfRedis(redisAddress(settings.redis))}` : 'in memory'}
Metrics: ${metricsUrl ?? 'nowhere'}`);
    return;
  }
  const key = developmentKey(process.cwd());
  const madeSecrets = settings.webhookSecrets.length ? [] : [developmentWebhookSecret(key.apiSecret)];
  const { url } = await start({
    ...settings,
    apiKey: key.apiKey,
    apiSecrets: [key.apiSecret],
    application,
    limits,
    webhookSecrets: [...settings.webhookSecrets, ...madeSecrets],
    allowedOrigins: settings.allowedOrigins.length > 0 ? settings.allowedOrigins : ['*'],
    development: true,
  });
  const token = await issueClientToken({
    apiKey: key.apiKey,
    apiSecret: key.apiSecret,
    sessionId: 'lobby',
    expiresIn: tokenLife,
  });
  const keeping =
    key.notKept === undefined
      ? `kept in ${key.file}`
      : `for this run only, since ${key.file} can't be written (${key.notKept})`;
  console.log(`Session server for development at ${url}
Open it in two tabs to see the number go 1, 2, 1.

To see it in a page of your own, paste these two lines; the token in them is good for 30 days:

<script type="module" src="${url}/session-connection-count.js"></script>
<session-connection-count session-id="lobby" token="${token}">–</session-connection-count>

The token alone, of the session "lobby":

${token}

${listed(madeSecrets, 'Webhooks are signed with ', 'Webhooks are signed with the secret that was given')}

Development key ${key.apiKey}, ${keeping}. For production set API_KEY and API_SECRET.`);
}

/** As good for long as the key that it is made of. */
const developmentWebhookSecret = (apiSecret: string): string =>
  `whsec_${createHmac('sha256', apiSecret).update('webhooks').digest('base64')}`;

const listed = (items: readonly string[], before: string, none: string): string =>
  items.length ? before + items.join(', ') : none;

/** In ms. Supervisors that kill what doesn't stop at once should find it stopped. */
const longestClose = 800;

async function start(options: SessionServerOptions): ReturnType<SessionServer['listen']> {
  const server = createSessionServer(options);
  const stop = (): void => {
    setTimeout(() => process.exit(0), longestClose).unref();
    void server.close().then(() => process.exit(0));
  };
  const listening = await server.listen();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  return listening;
}
