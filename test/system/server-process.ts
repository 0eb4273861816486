import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { issueClientToken } from '../../src/server/index.js';

const apiKey = 'system-test';
const apiSecret = 'a secret for system tests';

/** The built session server as an operator runs it: a process of its own. */
export class ServerProcess {
  url = '';
  readonly #settings: Record<string, string>;
  #process: ChildProcess | undefined;

  /** @param settings Environment variables, besides those of the project. */
  constructor(settings: Record<string, string> = {}) {
    this.#settings = { ALLOW_ORIGIN: '*', ...settings };
  }

  async start(): Promise<this> {
    // After a restart it is to be found where it was.
    const port = this.url ? new URL(this.url).port : '0';
    const env = { ...process.env, API_KEY: apiKey, API_SECRET: apiSecret, ...this.#settings };
    const child = spawn(process.execPath, ['dist/server/cli.js', 'serve', '--port', port], { env });
    this.#process = child;
    child.stderr.pipe(process.stderr);
    let printed = '';
    for await (const part of child.stdout) {
      printed += part;
      const [url] = /http:\/\/\S+/.exec(printed) ?? [];
      if (!url) continue;
      this.url = url;
      return this;
    }
    throw new Error(`The server ended: ${printed}`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  token(role: 'subscriber' | 'moderator' | 'observer' = 'subscriber', sessionId = 'lobby'): Promise<string> {
    return issueClientToken({ apiKey, apiSecret, sessionId, role, data: '' });
  }
}
