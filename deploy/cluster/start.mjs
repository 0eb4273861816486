/**
 * Three session servers for development that are one, on this computer alone: a Redis behind them, Caddy before them,
 * and what is killed is started again. `npm run start:cluster`, with `PORT` for another port than 8787.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** In ms: how long what ended stays away. */
const pause = 3_000;

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

const missing = ['caddy', 'redis-server'].filter((name) => spawnSync(name, ['--version']).error);
if (missing.length) {
  console.error(
    `Not installed: ${missing.join(', ')}. On Debian: apt-get install --no-install-recommends ${missing.join(' ')}`,
  );
  process.exit(1);
}

/** A port of 127.0.0.1 that was free a moment ago: this one, or any. */
async function freePort(wanted = 0) {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await once(server.close(), 'close');
  return port;
}

const port = await freePort(Number(process.env.PORT || 8787)).catch(({ message }) => {
  console.error(`${message}: take another port with PORT`);
  process.exit(1);
});
const redisPort = await freePort();
const serverPorts = [await freePort(), await freePort(), await freePort()];
const password = randomBytes(20).toString('hex');

const folder = mkdtempSync(join(tmpdir(), 'session-connection-count-'));
const running = new Set();
let isEnding = false;

async function end(exitCode) {
  isEnding = true;
  const ended = [...running].map((child) => once(child, 'close'));
  for (const child of running) child.kill('SIGKILL');
  await Promise.all(ended);
  rmSync(folder, { recursive: true, force: true });
  process.exit(exitCode);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));

/** Starts a program, and resolves when it has printed that it is ready. */
async function start({ name, command, args, ready }) {
  const child = spawn(command, args, {
    // Ctrl-C is for this process alone.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      LOG_LEVEL: 'warn',
      ...process.env,
      // With a key the servers would show no playground.
      API_KEY: '',
      API_SECRET: '',
      METRICS_PORT: '',
      REDIS_URL: `redis://session-connection-count:${password}@127.0.0.1:${redisPort}`,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
    },
  });
  running.add(child);
  let printed = '';
  const isReady = new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error(`${name} ended before it was ready:\n${printed}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part) => {
        if (command === process.execPath && stream === child.stderr) process.stderr.write(`${name}: ${part}`);
        // What comes after is of no use.
        if (!ready.test(printed)) printed += part;
        if (ready.test(printed)) resolve();
      });
    }
  });
  child.once('close', () => running.delete(child));
  await isReady;
  return child;
}

/** Starts a program, and starts it again whenever it ends. Resolves when it has started for the first time. */
async function keep(program) {
  const child = await start(program);
  console.log(`  kill -9 ${String(child.pid).padEnd(8)}${program.name}`);
  child.once('close', (code, signal) => {
    if (isEnding) return;
    console.log(`${program.name} ended (${signal ?? code}), and comes back in ${pause / 1000} s`);
    void comeBack(program);
  });
}

async function comeBack(program) {
  await delay(pause);
  if (isEnding) return;
  try {
    await keep(program);
  } catch (error) {
    if (isEnding) return;
    console.error(error.message);
    void comeBack(program);
  }
}

/** Writes a file of this folder with others in the place of some of its words, and tells where. */
function filled(name, values, before = '') {
  const text = readFileSync(path(name), 'utf8');
  const file = join(folder, name);
  writeFileSync(
    file,
    before + Object.entries(values).reduce((rest, [word, value]) => rest.replaceAll(word, value), text),
  );
  return file;
}

const redis = {
  name: 'Redis',
  command: 'redis-server',
  args: [filled('redis.conf', { PASSWORD: password }), '--port', `${redisPort}`, '--dir', folder],
  ready: /Ready to accept connections/,
};
const servers = serverPorts.map((serverPort, index) => ({
  name: `server ${index + 1}`,
  command: process.execPath,
  args: [
    path('../../dist/server/cli.js'),
    'serve',
    ...['--host', '127.0.0.1', '--port', `${serverPort}`, '--trust-proxy', '1'],
  ],
  // The last that a start says.
  ready: /Development key/,
}));
const caddyfile = filled(
  'Caddyfile',
  {
    'count.example.org {': `http://:${port} {\n\tbind 127.0.0.1`,
    '127.0.0.1:8787 127.0.0.1:8788 127.0.0.1:8789': serverPorts.map((each) => `127.0.0.1:${each}`).join(' '),
  },
  '{\n\tadmin off\n}\n',
);
const caddy = {
  name: 'Caddy',
  command: 'caddy',
  args: ['run', '--adapter', 'caddyfile', '--config', caddyfile],
  ready: /serving initial configuration/,
};

try {
  console.log(
    'Three session servers for development that are one. To see the number stay true, kill some:\n',
  );
  // One after the other: the first server makes the development key that the others take.
  for (const program of [redis, ...servers, caddy]) await keep(program);
  console.log(
    `\nOpen http://127.0.0.1:${port} in two tabs. What ends comes back after ${pause / 1000} s, Redis without its data. Ctrl-C ends all.\n`,
  );
} catch (error) {
  if (!isEnding) {
    console.error(error.message);
    await end(1);
  }
}
