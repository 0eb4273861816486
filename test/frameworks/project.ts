import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Packed } from '../packed.js';

const pages = fileURLToPath(new URL('pages', import.meta.url));
const telemetry = { NEXT_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1' };

/** Pages of other people, who installed the package: the folder `pages/`, in a temporary place. */
export class Project {
  readonly #packed = new Packed();
  readonly #servers: ChildProcess[] = [];

  get folder(): string {
    return this.#packed.folder;
  }

  /** Installs the package as it is published, and all that the pages are built with. */
  async install(): Promise<void> {
    cpSync(pages, this.folder, { recursive: true });
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await promisify(execFile)('npm', ['install', ...options, this.#packed.tarball], { cwd: this.folder });
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  read(file: string): string {
    return readFileSync(this.path(file), 'utf8');
  }

  write(file: string, text: string): void {
    writeFileSync(this.path(file), text);
  }

  /** Runs an installed program and returns what it printed. Fails, with that, where it fails. */
  async run(command: string, environment: Record<string, string> = {}, folder = ''): Promise<string> {
    const [program, ...args] = command.split(' ');
    try {
      const { stdout } = await promisify(execFile)(this.#program(program!), args, {
        cwd: this.path(folder),
        env: { ...process.env, ...telemetry, ...environment },
      });
      return stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${command}\n${stdout}${stderr}`, { cause: error });
    }
  }

  /** Starts an installed program that serves pages, and returns the address that it prints. */
  async serve(command: string, environment: Record<string, string>, folder: string): Promise<string> {
    const [program, ...args] = command.split(' ');
    const server = spawn(this.#program(program!), args, {
      cwd: this.path(folder),
      env: { ...process.env, ...telemetry, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#servers.push(server);
    let printed = '';
    for await (const part of server.stdout) {
      printed += part;
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? [];
      if (address && /ready/i.test(printed)) {
        server.stdout.resume();
        return address;
      }
    }
    throw new Error(`${command} ended before it was ready\n${printed}`);
  }

  /** Ends what was started, and leaves nothing behind. */
  async remove(): Promise<void> {
    for (const server of this.#servers.filter(({ exitCode }) => exitCode === null)) {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    }
    this.#packed.remove();
  }

  #program(name: string): string {
    return this.path('node_modules/.bin', name);
  }
}
