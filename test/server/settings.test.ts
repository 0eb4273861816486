import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { defaultLimits } from '../../src/server/limits.js';
import { describeOptions, UsageError } from '../../src/server/options.js';
import { readSettings, settings } from '../../src/server/settings.js';

const secret = 's'.repeat(40);
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const webhookSecrets = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);
const production = ['--api-key', '123', '--api-secret', secret];

test('without any setting the server is for development on this computer', () => {
  assert.deepEqual(readSettings([], {}), {
    port: 8787,
    host: '127.0.0.1',
    apiKey: undefined,
    apiSecrets: [],
    applicationId: undefined,
    publicKey: undefined,
    openSessions: [],
    allowedOrigins: [],
    trustedProxies: 0,
    metricsPort: undefined,
    webhooks: [],
    webhookSecrets: [],
    webhookPrivate: false,
    redis: undefined,
    drainTimeout: 25_000,
    logLevel: 'info',
    ...defaultLimits,
  });
});

test('every setting is read from its flag and from its variable', () => {
  const expected = {
    port: 0,
    host: '0.0.0.0',
    apiKey: '123',
    apiSecrets: [secret, 't'.repeat(40)],
    applicationId: '11111111-2222-4333-8444-555555555555',
    publicKey,
    openSessions: ['lobby', 'blog-*'],
    allowedOrigins: ['https://example.com', 'http://localhost:3000', 'capacitor://localhost', 'null'],
    trustedProxies: 2,
    metricsPort: 9_187,
    webhooks: ['https://example.com/hook', 'https://10.0.0.1/hook'],
    webhookSecrets,
    webhookPrivate: true,
    redis: 'rediss://user:password@redis.example:6380/2',
    drainTimeout: 90_000,
    logLevel: 'debug',
    connectionsPerAddress: 10,
    connectionsPerSession: 20,
    sessions: 30,
    handshakesPerSecond: 40,
    framesPerSecond: 50,
    requestsPerSecond: 60,
  };
  const texts: Record<keyof typeof expected, string> = {
    port: '0',
    host: '0.0.0.0',
    apiKey: '123',
    apiSecrets: `${secret}, ${'t'.repeat(40)}`,
    applicationId: '11111111-2222-4333-8444-555555555555',
    publicKey: publicPem.replaceAll('\n', '\\n'),
    openSessions: 'lobby,blog-*',
    allowedOrigins: 'https://example.com, http://localhost:3000,capacitor://localhost,null',
    trustedProxies: '2',
    metricsPort: '9187',
    webhooks: 'https://example.com/hook, https://10.0.0.1/hook',
    webhookSecrets: webhookSecrets.join(','),
    webhookPrivate: 'yes',
    redis: 'rediss://user:password@redis.example:6380/2',
    drainTimeout: '90',
    logLevel: 'debug',
    connectionsPerAddress: '10',
    connectionsPerSession: '20',
    sessions: '30',
    handshakesPerSecond: '40',
    framesPerSecond: '50',
    requestsPerSecond: '60',
  };
  const names = Object.keys(settings) as (keyof typeof settings)[];
  for (const read of [
    readSettings(
      names.map((name) => `--${settings[name].flag}=${texts[name]}`),
      {},
    ),
    readSettings([], Object.fromEntries(names.map((name) => [settings[name].variable, texts[name]]))),
  ]) {
    // Keys are equal without being alike.
    assert.ok(read.publicKey!.equals(publicKey));
    assert.deepEqual({ ...read, publicKey }, expected);
  }
});

test('a flag wins over its variable, an empty variable counts as none', () => {
  assert.equal(readSettings(['--port', '1'], { PORT: '2' }).port, 1);
  assert.equal(readSettings([], { PORT: '' }).port, 8787);
  assert.deepEqual(readSettings(['--open-sessions='], { OPEN_SESSIONS: 'lobby' }).openSessions, []);
});

const bad: [string, string[], Record<string, string>, RegExp[]][] = [
  ['an unknown flag', ['--prot', '1'], {}, [/--prot/, /--help/]],
  ['a short flag', ['-p', '1'], {}, [/-p/]],
  ['a stray argument', ['--port', '1', 'here'], {}, [/Argument 3/]],
  ['a flag without a value', ['--port'], {}, [/--port/, /no value/]],
  ['a flag whose value is a flag', ['--port', '--host'], {}, [/--port/, /no value/]],
  ['a port that is no number', ['--port', 'http'], {}, [/--port/, /"http"/, /0 to 65535/]],
  ['a port that is too large', [], { PORT: '65536' }, [/^PORT/, /"65536"/]],
  ['a host with a scheme', ['--host', 'http://localhost'], {}, [/--host/, /without scheme/]],
  ['a host with a port', ['--host', 'localhost:80'], {}, [/--host/]],
  ['an api key with a space', ['--api-key', 'my key'], {}, [/--api-key/, /"my key"/]],
  ['a short secret', ['--api-key', '1'], { API_SECRET: 'hunter2' }, [/API_SECRET/, /16/]],
  ['three secrets', [], { API_KEY: '1', API_SECRET: `${secret},${secret},${secret}` }, [/API_SECRET/, /3/]],
  [
    'an application alone',
    ['--application-id', 'a-b'],
    {},
    [/--application-id/, /no --public-key \(PUBLIC_KEY\)/],
  ],
  [
    'a public key alone',
    [],
    { PUBLIC_KEY: publicPem },
    [/--public-key/, /no --application-id \(APPLICATION_ID\)/],
  ],
  ['a private key', [], { PUBLIC_KEY: privatePem }, [/PUBLIC_KEY/, /private key/]],
  [
    'a public key that is none',
    ['--public-key', '-----BEGIN NOTHING'],
    {},
    [/--public-key/, /RSA public key/],
  ],
  ['a public key file that is not there', ['--public-key', '/nowhere'], {}, [/--public-key/, /ENOENT/]],
  [
    'a log level that is none',
    [],
    { LOG_LEVEL: 'verbose' },
    [/^LOG_LEVEL/, /"verbose"/, /silent, error, warn/],
  ],
  ['a limit of nothing', ['--max-sessions', '0'], {}, [/--max-sessions/, /"0"/, /from 1 up/]],
  ['a limit that is no number', [], { MAX_HANDSHAKES: 'many' }, [/^MAX_HANDSHAKES/, /"many"/]],
  ['a time with a unit', ['--drain-timeout', '25s'], {}, [/--drain-timeout/, /"25s"/, /0 to 3600/]],
  ['more than an hour', [], { DRAIN_TIMEOUT: '3601' }, [/^DRAIN_TIMEOUT/, /seconds/]],
  ['a proxy by name', ['--trust-proxy', 'nginx'], {}, [/--trust-proxy/, /0 to 9/]],
  ['a key alone', ['--api-key', '123'], {}, [/--api-key/, /"123"/, /--api-secret \(API_SECRET\)/]],
  ['a secret alone', ['--api-secret', secret], {}, [/--api-secret/, /--api-key \(API_KEY\)/]],
  ['development for others', ['--host', '0.0.0.0'], {}, [/--host \(HOST\)/, /"0\.0\.0\.0"/, /--api-key/]],
  [
    'an origin with a path',
    ['--allow-origin', 'https://a.com/'],
    {},
    [/--allow-origin/, /write https:\/\/a\.com$/],
  ],
  ['an origin with a default port', ['--allow-origin', 'https://a.com:443'], {}, [/write https:\/\/a\.com$/]],
  [
    'an origin without scheme',
    [],
    { ALLOW_ORIGIN: 'a.com:8000' },
    [/^ALLOW_ORIGIN/, /https:\/\/example\.com/],
  ],
  ['every origin and one more', ['--allow-origin', '*,https://a.com'], {}, [/--allow-origin/, /alone/]],
  ['a wildcard inside an origin', ['--allow-origin', 'https://*.a.com'], {}, [/--allow-origin/]],
  [
    'webhooks without a secret',
    [...production, '--webhook', 'https://example.com/'],
    {},
    [/--webhook \(WEBHOOK\)/, /no --webhook-secret \(WEBHOOK_SECRET\)/],
  ],
  [
    'a webhook with a password',
    ['--webhook', 'https://ada:hunter2@example.com/'],
    {},
    [/--webhook \(WEBHOOK\)/, /a password/],
  ],
  ['a webhook without TLS', [], { WEBHOOK: 'http://example.com/?hunter2' }, [/WEBHOOK/, /https:\/\//]],
  [
    'a webhook to this computer in production',
    [...production, '--webhook-secret', webhookSecrets[0]!, '--webhook', 'https://127.1/hunter2'],
    {},
    [/--webhook \(WEBHOOK\)/, /not public/, /--webhook-private yes/],
  ],
  [
    'a webhook secret of another form',
    ['--webhook-secret', 'hunter2'],
    {},
    [/--webhook-secret: a secret has to be whsec_/],
  ],
  [
    'a webhook secret with an error in it',
    ['--webhook-secret', `whsec_hunter2${'a'.repeat(34)}`],
    {},
    [/--webhook-secret: a secret has to be whsec_/, /base64/],
  ],
  [
    'a short webhook secret',
    [],
    { WEBHOOK_SECRET: `whsec_${Buffer.from('hunter2').toString('base64')}` },
    [/WEBHOOK_SECRET/, /7 bytes is too short/],
  ],
  [
    'a webhook secret that is too long',
    [],
    { WEBHOOK_SECRET: `whsec_${Buffer.alloc(65).toString('base64')}` },
    [/65 bytes is too long/],
  ],
  [
    'three webhook secrets',
    [],
    { WEBHOOK_SECRET: [...webhookSecrets, webhookSecrets[0]].join() },
    [/WEBHOOK_SECRET/, /3 secrets/],
  ],
  ['a word that is neither yes nor no', ['--webhook-private', 'true'], {}, [/"true"/, /yes or no/]],
  ['an endless open session', ['--open-sessions', 'x'.repeat(256)], {}, [/--open-sessions/, /255/]],
];
for (const [what, args, environment, parts] of bad) {
  test(`${what} stops the start with one line`, () => {
    assert.throws(
      () => readSettings(args, environment),
      (error: unknown) => {
        assert.ok(error instanceof UsageError);
        for (const part of parts) assert.match(error.message, part);
        assert.doesNotMatch(error.message, /\n|hunter2|sssss/);
        return true;
      },
    );
  });
}

test('development is allowed on every loopback host, production on any', () => {
  for (const host of ['localhost', '::1', '127.0.0.2'])
    assert.equal(readSettings(['--host', host], {}).host, host);
  for (const host of ['0.0.0.0', '::', 'example.com']) {
    assert.throws(() => readSettings(['--host', host], {}), UsageError);
    assert.equal(readSettings([...production, '--host', host], {}).host, host);
  }
});

test('webhooks may go to this computer without TLS in development, without a secret of their own', () => {
  const { webhooks } = readSettings(['--webhook', 'http://localhost:3000/hook'], {});
  assert.deepEqual(webhooks, ['http://localhost:3000/hook']);
});

test('the help names every flag, variable and default', () => {
  const help = describeOptions(settings);
  for (const { flag, variable, default: fallback } of Object.values(settings)) {
    for (const part of [`--${flag} `, variable, fallback]) assert.ok(help.includes(part), part);
  }
});
