import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { issueClientToken } from '../dist/server/index.js';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const apiKey = 'bench';
const apiSecret = 'a secret for measurements';

/** The built server as an operator runs it, in a process of its own that tells what it uses. */
export class MeasuredServer {
  #process;
  #settings;

  /** @param settings More environment variables. */
  constructor(settings = {}) {
    this.#settings = settings;
  }

  /** Starts one. `port` is where it listens. */
  async start() {
    this.#process = spawn(
      process.execPath,
      ['--expose-gc', '--import', path('probe.mjs'), path('../dist/server/cli.js'), 'serve', '--port', '0'],
      {
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
        env: {
          ...process.env,
          API_KEY: apiKey,
          API_SECRET: apiSecret,
          ALLOW_ORIGIN: '*',
          MAX_HANDSHAKES: '100000',
          MAX_CONNECTIONS_PER_ADDRESS: '100000',
          ...this.#settings,
        },
      },
    );
    const [printed] = await once(this.#process.stdout, 'data');
    this.port = Number(/http:\/\/[\d.]+:(\d+)/.exec(printed)[1]);
    return this;
  }

  /**
   * What the server uses now: `cpu` in seconds since its start, `rss` and `heapUsed` in bytes.
   *
   * @param collect Whether garbage is collected first.
   */
  async measure(collect = false) {
    this.#process.send({ collect });
    const [measured] = await once(this.#process, 'message');
    return measured;
  }

  async stop() {
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  /** A token for a session of this server. */
  token(sessionId) {
    return issueClientToken({ apiKey, apiSecret, sessionId });
  }
}
