import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const command = ['nginx', '/usr/sbin/nginx'].find((name) => spawnSync(name, ['-v']).status === 0);

/** Why a test that needs nginx is left out, for its `skip`; with CI set nginx has to be there. */
export function withoutNginx(): string | false {
  if (command) return false;
  if (process.env.CI) throw new Error('Not installed: nginx');
  return 'nginx is not installed';
}

/** A real nginx, run as this user and with files of its own. */
export class Nginx {
  url = '';
  readonly #folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  #process: ChildProcess | undefined;

  /**
   * @param server What stands inside of `server { … }` besides `listen`.
   * @param beside What stands beside it.
   */
  async start(server: string, beside = ''): Promise<this> {
    const port = await freePort();
    const file = join(this.#folder, 'nginx.conf');
    const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    writeFileSync(
      file,
      `daemon off;
       master_process off;
       pid ${this.#folder}/nginx.pid;
       error_log stderr crit;
       events { worker_connections 16384; }
       http {
         access_log off;
         ${folders.map((name) => `${name}_temp_path ${this.#folder}/${name};`).join('\n')}
         ${beside}
         server {
           listen 127.0.0.1:${port};
           ${server}
         }
       }`,
    );
    const child = spawn(command!, ['-p', this.#folder, '-e', 'stderr', '-c', file], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#process = child;
    this.url = `http://127.0.0.1:${port}`;
    while (!(await isOpen(port))) {
      if (child.exitCode !== null) throw new Error('nginx ended before it was ready');
      await delay(20);
    }
    return this;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
