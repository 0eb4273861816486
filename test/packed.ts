import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The package as npm would publish it, in a temporary folder. */
export class Packed {
  readonly folder = mkdtempSync(join(tmpdir(), 'packed-'));
  /** The file that npm would send to a registry. */
  readonly tarball: string;

  constructor() {
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', this.folder];
    const output = execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [{ filename }] = JSON.parse(output) as [{ filename: string }];
    this.tarball = join(this.folder, filename);
  }

  get bytes(): Buffer<ArrayBuffer> {
    return readFileSync(this.tarball);
  }

  /** Puts the package into the folder's node_modules, as an install would, and returns where it is. */
  unpack(): string {
    const modules = join(this.folder, 'node_modules');
    const target = join(modules, 'session-connection-count');
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xzf', this.tarball, '--strip-components=1', '-C', target]);
    symlinkSync(resolve('node_modules/lit'), join(modules, 'lit'));
    return target;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
