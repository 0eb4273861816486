import { createHmac } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { version } from '../../version.js';
import { developmentKey } from '../development-key.js';
import { jsonLog, readableLog, type ProcessLog } from '../log/index.js';
import { nameOfRedis, redisAddress } from '../roster/redis/index.js';
import { createSessionServer, type SessionServer, type SessionServerOptions } from '../session-server.js';
import { applicationOf, limitsOf, projectOf, readSettings } from '../settings.js';
import { issueClientToken } from '../tokens/index.js';
import { holdYoungGeneration } from './young-generation.js';

/** The life of the token that a development server prints, in seconds: pasted once, it should last. */
const tokenLife = 30 * 24 * 60 * 60;

/**
 * The command `serve`: runs a session server until the process is told to stop.
 *
 * @param args The command line after the command.
 */
export async function serve(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  holdYoungGeneration();
  const settings = readSettings(args, environment);
  const project = projectOf(settings);
  const application = applicationOf(settings);
  const limits = limitsOf(settings);
  if (project) {
    const log = jsonLog(settings.logLevel, 1);
    const listening = await start({ ...settings, ...project, application, limits }, log);
    const { allowedOrigins, openSessions } = settings;
    const rosters = settings.redis ? nameOfRedis(redisAddress(settings.redis)) : 'memory';
    log.info(
      { ...listening, apiKey: project.apiKey, allowedOrigins, openSessions, rosters, version },
      'Server started',
    );
    return;
  }
  const key = developmentKey(process.cwd());
  const madeSecrets = settings.webhookSecrets.length ? [] : [developmentWebhookSecret(key.apiSecret)];
  const { url } = await start(
    {
      ...settings,
      apiKey: key.apiKey,
      apiSecrets: [key.apiSecret],
      application,
      limits,
      webhookSecrets: [...settings.webhookSecrets, ...madeSecrets],
      allowedOrigins: settings.allowedOrigins.length > 0 ? settings.allowedOrigins : ['*'],
      development: true,
    },
    readableLog(settings.logLevel),
  );
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

async function start(options: SessionServerOptions, log: ProcessLog): ReturnType<SessionServer['listen']> {
  const server = createSessionServer({ ...options, log });
  const hurry = new AbortController();
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    log.info({ signal }, 'Server is stopping');
    await server.drain(hurry.signal);
    await Promise.race([server.close(), setTimeout(longestClose)]);
    log.info({}, 'Server stopped');
    log.flush(() => process.exit(0));
  };
  const listening = await server.listen();
  let signals = 0;
  const heed = (signal: NodeJS.Signals): void => {
    if (!signals++) return void stop(signal);
    hurry.abort();
    // A third ends the process, whatever it does.
    process.off('SIGTERM', heed).off('SIGINT', heed);
  };
  process.on('SIGTERM', heed).on('SIGINT', heed);
  process.once('uncaughtExceptionMonitor', (err) => log.error({ err }, 'Server failed'));
  return listening;
}
