import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ServerProcess } from '../system/server-process.js';

/** What a process does to itself. */
export interface Disturbance {
  /** How long it keeps its event loop busy, in ms. */
  readonly block?: number;
  /** How far it sets its clock forward, in ms. */
  readonly clockStep?: number;
}

/** Disturbs server processes from within. */
export class Disturber {
  readonly #folder = mkdtempSync(join(tmpdir(), 'disturbance-'));

  /** The environment that a process needs to be disturbed. */
  settings = (index: number): Record<string, string> => ({
    NODE_OPTIONS: `--import ${new URL('disturbed-process.mjs', import.meta.url).href}`,
    DISTURBANCE: this.#file(index),
  });

  /** Resolves when it is over. */
  async disturb(server: ServerProcess, index: number, disturbance: Disturbance): Promise<void> {
    writeFileSync(this.#file(index), JSON.stringify(disturbance));
    process.kill(server.pid, 'SIGUSR2');
    while (existsSync(this.#file(index))) await wait(20);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #file(index: number): string {
    return join(this.#folder, `${index}.json`);
  }
}
