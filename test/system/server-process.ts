import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { issueClientToken } from '../../src/server/index.js';

const apiKey = 'system-test';
const apiSecret = 'a secret for system tests';

/** The settings that pages of every origin can count with. */
export const project = { API_KEY: apiKey, API_SECRET: apiSecret, ALLOW_ORIGIN: '*' };
const commandLine = fileURLToPath(new URL('../../dist/server/cli.js', import.meta.url));

/** The built session server as an operator runs it: a process of its own. */
export class ServerProcess {
  url = '';
  /** What it printed until it was ready. */
  printed = '';
  readonly #settings: Record<string, string>;
  #process: ChildProcess | undefined;

  readonly #folder: string | undefined;

  /**
   * @param settings Environment variables.
   * @param folder Where to run. Default: the repository.
   */
  constructor(settings: Record<string, string> = project, folder?: string) {
    this.#settings = settings;
    this.#folder = folder;
  }

  async start(): Promise<this> {
    // After a restart it is to be found where it was.
    const port = this.url ? new URL(this.url).port : '0';
    const child = spawn(process.execPath, [commandLine, 'serve', '--port', port], {
      env: { ...process.env, ...this.#settings },
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    this.printed = '';
    for await (const part of child.stdout) {
      this.printed += part;
      // All that a start has to say comes in one piece.
      this.url = /http:\/\/[\d.:]+/.exec(this.printed)![0];
      return this;
    }
    throw new Error('The server ended before it was ready');
  }

  /** Whether it was started, and didn't end yet. */
  get running(): boolean {
    const child = this.#process;
    return !!child && child.exitCode === null && child.signalCode === null;
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  /** Lets it stand still without closing its sockets, or go on. */
  freeze(frozen: boolean): void {
    this.#process!.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.running) return;
    const child = this.#process!;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  token(role: 'subscriber' | 'moderator' | 'observer' = 'subscriber', sessionId = 'lobby'): Promise<string> {
    return issueClientToken({ apiKey, apiSecret, sessionId, role, data: '' });
  }
}
