import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether Debian's redis-server is there, as it has to be with CI set; else why tests are skipped. */
export function withoutRedis(): string | false {
  try {
    execFileSync('redis-server', ['--version']);
    return false;
  } catch {
    if (process.env.CI) throw new Error('Not installed: redis-server');
    const reason = 'redis-server is not installed';
    console.log(`Not tested with Redis: ${reason}`);
    return reason;
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A Redis of a test's own, in a process of its own that keeps its data in a folder of its own. */
export class RedisServer {
  port = 0;
  readonly #args: readonly string[];
  readonly #configuration: (port: number) => string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'redis-'));
  #process: ChildProcess | undefined;

  /**
   * @param args More of its arguments.
   * @param configuration What its configuration file says, for settings that a command line can't give.
   */
  constructor(args: readonly string[] = [], configuration: (port: number) => string = () => '') {
    this.#args = args;
    this.#configuration = configuration;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, after the first time on the port that it had, with the data that it was stopped with by {@link save}. */
  async start(): Promise<this> {
    this.port ||= await freePort();
    const file = join(this.#folder, 'redis.conf');
    writeFileSync(file, this.#configuration(this.port));
    const place = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.#folder];
    // A sentinel knows nothing of data.
    const data = this.#args.includes('--sentinel') ? [] : ['--save', '', '--appendonly', 'no'];
    const child = spawn('redis-server', [file, ...place, ...data, ...this.#args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    let printed = '';
    for await (const part of child.stdout.setEncoding('utf8')) {
      printed += part;
      if (!/ready to accept connections|Sentinel ID/i.test(printed)) continue;
      child.stdout.resume();
      return this;
    }
    throw new Error(`redis-server ended before it was ready: ${printed}`);
  }

  /** Runs a command with Redis' own client, and gives its answer. */
  command(...args: string[]): string {
    return execFileSync('redis-cli', ['-p', `${this.port}`, ...args], { encoding: 'utf8' }).trim();
  }

  /** Writes its data to disk, so that it starts with it. */
  save(): void {
    this.command('SAVE');
  }

  /** Forgets what {@link save} saved. To be called while it is stopped. */
  forget(): void {
    rmSync(join(this.#folder, 'dump.rdb'), { force: true });
  }

  /** Stops it, or ends it as if its computer had failed. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    // One that stands still ends when it goes on.
    child.kill('SIGCONT');
    await ended;
  }

  /** Lets it stand still without closing its sockets, or go on. */
  freeze(frozen: boolean): void {
    this.#process?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
