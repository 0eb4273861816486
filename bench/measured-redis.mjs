import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** A Redis of its own, without a disk, that tells what it uses. */
export class MeasuredRedis {
  #process;
  #port;

  async start() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#port = String(server.address().port);
    await once(server.close(), 'close');
    this.#process = spawn(
      'redis-server',
      ['--port', this.#port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    for await (const line of createInterface(this.#process.stdout)) {
      if (!line.includes('Ready to accept connections')) continue;
      this.#process.stdout.resume();
      return this;
    }
    throw new Error('redis-server ended before it was ready');
  }

  get url() {
    return `redis://127.0.0.1:${this.#port}`;
  }

  /**
   * What it used since its start: `cpu` in seconds, how many `scripts` it ran, `traffic` in bytes; and the `memory` that
   * it has in use, in bytes.
   */
  measure() {
    const info = execFileSync('redis-cli', ['-p', this.#port, 'INFO', 'everything'], { encoding: 'utf8' });
    const value = (pattern) => Number(pattern.exec(info)?.[1] ?? 0);
    return {
      cpu: value(/^used_cpu_user:(.*)/m) + value(/^used_cpu_sys:(.*)/m),
      scripts: value(/^cmdstat_evalsha:calls=(\d+)/m),
      traffic: value(/^total_net_input_bytes:(.*)/m) + value(/^total_net_output_bytes:(.*)/m),
      memory: value(/^used_memory:(.*)/m),
    };
  }

  async stop() {
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}
