import { setTimeout as wait } from 'node:timers/promises';
import { execFileSync } from 'node:child_process';
import { RedisServer } from './redis-server.js';

/** Asks until the answer is yes, or 15 s have passed. */
async function until(isSo: () => boolean): Promise<void> {
  for (const end = performance.now() + 15_000; performance.now() < end; await wait(50)) {
    try {
      if (isSo()) return;
    } catch {
      // It isn't there yet.
    }
  }
  throw new Error('The Redis servers did not find each other in 15 s');
}

/** A master with a replica and three sentinels, which make the replica the master when the master is gone. */
export class SentinelGroup {
  readonly master = new RedisServer();
  readonly replica = new RedisServer([], () => `replicaof 127.0.0.1 ${this.master.port}`);
  readonly sentinels = Array.from(
    { length: 3 },
    () =>
      new RedisServer(
        ['--sentinel'],
        () => `sentinel monitor rosters 127.0.0.1 ${this.master.port} 2
sentinel down-after-milliseconds rosters 500
sentinel failover-timeout rosters 3000`,
      ),
  );

  get url(): string {
    return `redis+sentinel://${this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join()}/rosters`;
  }

  async start(): Promise<this> {
    await this.master.start();
    await this.replica.start();
    await Promise.all(this.sentinels.map((sentinel) => sentinel.start()));
    const known = /slaves=1,sentinels=3/;
    await until(() => this.sentinels.every((sentinel) => known.test(sentinel.command('INFO', 'sentinel'))));
    return this;
  }

  async remove(): Promise<void> {
    await Promise.all([this.master, this.replica, ...this.sentinels].map((server) => server.remove()));
  }
}

/** Three masters that share the keys. */
export class ClusterGroup {
  readonly nodes = Array.from(
    { length: 3 },
    () => new RedisServer(['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000']),
  );

  get url(): string {
    return `redis+cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join()}`;
  }

  async start(): Promise<this> {
    for (const node of this.nodes) await node.start();
    const places = this.nodes.map(({ port }) => `127.0.0.1:${port}`);
    execFileSync('redis-cli', ['--cluster', 'create', ...places, '--cluster-replicas', '0', '--cluster-yes']);
    await until(() => this.nodes.every((node) => /cluster_state:ok/.test(node.command('CLUSTER', 'INFO'))));
    return this;
  }

  async remove(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.remove()));
  }
}
