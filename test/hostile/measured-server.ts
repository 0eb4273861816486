import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SessionServerOptions } from '../../src/server/index.js';

/** A server's options as they can be sent to another process: keys as PEM. */
export interface ServedOptions extends Omit<SessionServerOptions, 'application'> {
  application?: { readonly id: string; readonly publicKey: string };
}

/** What a server holds, after its garbage was collected. */
export interface Holding {
  /** In bytes: on the heap, and in buffers beside it. */
  readonly memory: number;
  /** In bytes, of the whole process. */
  readonly resident: number;
  /** Open sockets, timers and the like. */
  readonly resources: number;
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Starts a script of this folder as a process, and resolves to it and the first that it says. */
export async function start(
  name: string,
  argument: unknown,
): Promise<{ child: ChildProcess; said: unknown }> {
  const child = fork(script(name), [JSON.stringify(argument)], {
    execArgv: ['--expose-gc', '--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  child.stderr!.pipe(process.stderr);
  return { child, said: await answerOf(child) };
}

/** What a process says next; rejects where it ends instead. */
export async function answerOf(child: ChildProcess): Promise<unknown> {
  const stop = new AbortController();
  const { signal } = stop;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]: unknown[]) => message),
      once(child, 'exit', { signal }).then(([code, cause]: unknown[]) => {
        throw new Error(`The process ended with ${String(code ?? cause)}`);
      }),
    ]);
  } finally {
    stop.abort();
  }
}

export const apiKey = '12345';
export const apiSecret = 'a secret for hostile clients';

/** A session server in a process of its own, so that what it holds is its own doing. */
export class MeasuredServer {
  readonly url: string;
  readonly port: number;
  /** What it wrote to standard error: of what it did not expect. */
  complaints = '';
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    process.stderr!.on('data', (part: Buffer) => (this.complaints += part.toString()));
    this.url = url;
    this.port = Number(new URL(url).port);
  }

  /** @param options Default: the project of {@link apiKey}, with all sessions open whose id begins with `open`. */
  static async start(options: Partial<ServedOptions> = {}): Promise<MeasuredServer> {
    const { child, said } = await start('measured-server-process.ts', {
      apiKey,
      apiSecrets: [apiSecret],
      openSessions: ['open*'],
      port: 0,
      ...options,
    });
    return new MeasuredServer(child, String(said));
  }

  /** Whether the process is still the one that was started. */
  get lives(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async holding(): Promise<Holding> {
    this.#process.send('holding');
    return (await answerOf(this.#process)) as Holding;
  }

  async stop(): Promise<void> {
    if (!this.lives) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
