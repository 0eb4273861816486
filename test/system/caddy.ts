import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Why a test that needs Caddy is left out, for its `skip`; with CI set Caddy has to be there. */
export function withoutCaddy(): string | false {
  if (spawnSync('caddy', ['version']).status === 0) return false;
  if (process.env.CI) throw new Error('Not installed: caddy');
  return 'caddy is not installed';
}

/** A real Caddy, run as this user and with files of its own. */
export class Caddy {
  readonly #folder = mkdtempSync(join(tmpdir(), 'caddy-'));
  #process: ChildProcess | undefined;

  /** @param sites What a Caddyfile has below its global options. */
  async start(sites: string): Promise<this> {
    const file = join(this.#folder, 'Caddyfile');
    writeFileSync(file, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${sites}`);
    const child = spawn('caddy', ['run', '--adapter', 'caddyfile', '--config', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, XDG_DATA_HOME: this.#folder, XDG_CONFIG_HOME: this.#folder },
    });
    this.#process = child;
    let printed = '';
    for await (const line of createInterface(child.stderr)) {
      printed += `${line}\n`;
      if (!line.includes('serving initial configuration')) continue;
      child.stderr.resume();
      return this;
    }
    throw new Error(`Caddy ended before it was ready:\n${printed}`);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
