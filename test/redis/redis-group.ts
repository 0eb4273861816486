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

/** A replica need not wait for others before it is sent what the master has. */
const promptly = ['--repl-diskless-sync-delay', '0'];

/** A master with a replica and three sentinels, which make the replica the master when the master is gone. */
export class SentinelGroup {
  readonly master = new RedisServer(promptly);
  readonly replica = new RedisServer(promptly, () => `replicaof 127.0.0.1 ${this.master.port}`);
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

  /** As long as nothing happened to it. */
  get masters(): RedisServer[] {
    return [this.master];
  }

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

/** What a cluster says of one of its nodes. */
interface ClusterNode {
  readonly server: RedisServer;
  readonly id: string;
  /** Of which it is a replica; `-` where it is a master. */
  readonly master: string;
  /** The first and the last slot of each of its ranges. */
  readonly slots: readonly (readonly [number, number])[];
}

/** Three masters that share the keys, and replicas of them. */
export class ClusterGroup {
  readonly nodes: readonly RedisServer[];
  readonly #replicas: number;

  /** @param replicas How many of each master. */
  constructor(replicas = 0) {
    this.#replicas = replicas;
    this.nodes = Array.from(
      { length: 3 * (1 + replicas) },
      () => new RedisServer(['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', ...promptly]),
    );
  }

  get url(): string {
    return `redis+cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join()}`;
  }

  async start(): Promise<this> {
    await Promise.all(this.nodes.map((node) => node.start()));
    const places = this.nodes.map(({ port }) => `127.0.0.1:${port}`);
    const settings = ['--cluster-replicas', String(this.#replicas), '--cluster-yes'];
    execFileSync('redis-cli', ['--cluster', 'create', ...places, ...settings]);
    await until(() =>
      this.nodes.every(
        (node) =>
          /cluster_state:ok/.test(node.command('CLUSTER', 'INFO')) &&
          /role:master|master_link_status:up/.test(node.command('INFO', 'replication')),
      ),
    );
    return this;
  }

  /** The masters that have the keys at present. */
  get masters(): RedisServer[] {
    return this.#view(this.nodes[0]!).flatMap(({ master, slots, server }) =>
      master === '-' && slots.length ? server : [],
    );
  }

  /** Which master has a key. */
  ownerOf(key: string): RedisServer {
    return this.#owner(this.nodes[0]!, this.#slot(key)).server;
  }

  /** Makes the replica of the master that has a key the master, as an operator does. Resolves when all know it. */
  async failOver(key: string): Promise<void> {
    const slot = this.#slot(key);
    const replica = await this.#replicaOf(this.#owner(this.nodes[0]!, slot));
    replica.server.command('CLUSTER', 'FAILOVER');
    await this.#agreed(slot, replica.id);
  }

  /** Kills the master that has a key. Resolves when all who run know that its replica has it. */
  async kill(key: string): Promise<RedisServer> {
    const slot = this.#slot(key);
    const owner = this.#owner(this.nodes[0]!, slot);
    const replica = await this.#replicaOf(owner);
    await owner.server.stop('SIGKILL');
    await this.#agreed(slot, replica.id, owner.server);
    return owner.server;
  }

  /**
   * Moves all keys of the slot of a key to another master, one by one.
   *
   * @param between Called after each of them.
   */
  async move(key: string, between: () => Promise<unknown>): Promise<void> {
    const slot = this.#slot(key);
    const from = this.#owner(this.nodes[0]!, slot);
    const to = this.#view(from.server).find(
      ({ id, master, slots }) => master === '-' && slots.length && id !== from.id,
    )!;
    to.server.command('CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', from.id);
    from.server.command('CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', to.id);
    const keys = (): string[] =>
      from.server.command('CLUSTER', 'GETKEYSINSLOT', `${slot}`, '1').split('\n').filter(Boolean);
    for (let [next] = keys(); next; [next] = keys()) {
      from.server.command('MIGRATE', '127.0.0.1', `${to.server.port}`, next, '0', '5000');
      await between();
    }
    for (const { server } of [to, from]) server.command('CLUSTER', 'SETSLOT', `${slot}`, 'NODE', to.id);
    await this.#agreed(slot, to.id);
  }

  async remove(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.remove()));
  }

  #slot(key: string): number {
    return Number(this.nodes[0]!.command('CLUSTER', 'KEYSLOT', key));
  }

  #owner(asked: RedisServer, slot: number): ClusterNode {
    return this.#view(asked).find(({ slots }) =>
      slots.some(([first, last]) => first <= slot && slot <= last),
    )!;
  }

  async #replicaOf({ id, server }: ClusterNode): Promise<ClusterNode> {
    const find = (): ClusterNode | undefined => this.#view(server).find(({ master }) => master === id);
    await until(() => /master_link_status:up/.test(find()!.server.command('INFO', 'replication')));
    return find()!;
  }

  /** Resolves when all nodes, but for one, know that a node has a slot. */
  #agreed(slot: number, id: string, without?: RedisServer): Promise<void> {
    const running = this.nodes.filter((node) => node !== without);
    return until(() => running.every((node) => this.#owner(node, slot).id === id));
  }

  /** What a node says of all nodes. */
  #view(asked: RedisServer): ClusterNode[] {
    return asked
      .command('CLUSTER', 'NODES')
      .split('\n')
      .map((line) => {
        const [id, place, , master, , , , , ...slots] = line.split(' ');
        return {
          server: this.nodes.find(({ port }) => place!.includes(`:${port}@`))!,
          id: id!,
          master: master!,
          slots: slots
            .filter((range) => !range.startsWith('['))
            .map((range) => {
              const [first, last = first] = range.split('-').map(Number);
              return [first!, last!] as const;
            }),
        };
      });
  }
}
