import { execFileSync } from 'node:child_process';

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8', stdio: 'pipe' });

/**
 * Two networks of their own with one cable between them and no way anywhere else, so that nothing can get out of a test
 * when it is cut. Linux, and root, are needed.
 */
export class Namespaces {
  /** Where the clients are. */
  readonly near = `faults-near-${process.pid}`;
  /** Where the servers are. */
  readonly far = `faults-far-${process.pid}`;
  /** The address of the servers. */
  readonly address = '10.99.77.2';

  /** @throws {Error} that says why they can't be had. */
  make(): this {
    for (const name of [this.near, this.far]) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    ip('link', 'add', 'near', 'netns', this.near, 'type', 'veth', 'peer', 'name', 'far', 'netns', this.far);
    ip('-n', this.near, 'addr', 'add', '10.99.77.1/24', 'dev', 'near');
    ip('-n', this.far, 'addr', 'add', `${this.address}/24`, 'dev', 'far');
    ip('-n', this.far, 'link', 'set', 'far', 'up');
    plug(this.near, true);
    return this;
  }

  remove(): void {
    for (const name of [this.near, this.far]) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It wasn't made.
      }
    }
  }
}

/** Pulls the cable out of the clients' namespace, or plugs it in: what is sent meanwhile is lost, and nobody is told. */
export const plug = (near: string, isPlugged: boolean): string =>
  ip('-n', near, 'link', 'set', 'near', isPlugged ? 'up' : 'down');
