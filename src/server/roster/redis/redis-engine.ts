import type { Connection } from '../../../protocol/connection.js';
import {
  movedKept,
  type Lease,
  type PartedState,
  type Recognition,
  type RosterBatch,
  type RosterChange,
  type RosterEngine,
  type RosterNotice,
  type RosterState,
  type WrittenState,
} from '../roster-engine.js';
import type { RedisAddress } from './address.js';
import { applyScript } from './apply-script.js';
import { RedisConnection } from './connection.js';
import { askForRemovalScript, recogniseScript } from './client-scripts.js';
import { holderOf, Keys, tagOf } from './keys.js';
import { listScript, readScript } from './read-scripts.js';
import { declareDeadScript, endReapingScript, reapScript } from './reap-scripts.js';
import { outboxKept, RedisOutbox } from './outbox/index.js';
import { RedisWebhooks } from './webhooks/index.js';
import { enterScript, leaveScript, renewScript } from './process-scripts.js';

/** What a {@link RedisEngine} takes. */
export interface RedisEngineOptions {
  readonly address: RedisAddress;
  /** How long an unrenewed lease holds, in ms. */
  readonly lease: number;
  /** What the names of all keys begin with. */
  readonly prefix?: string;
  /** Called when the Redis gets out of reach, and when it is within reach again. */
  readonly onReach?: (reachable: boolean) => void;
}

/** When an incarnation entered a session: with which of its batches, and in which epoch. */
interface Entry {
  readonly number: number;
  epoch: number;
}

interface Watch {
  readonly onChange: (change: RosterChange) => void;
  readonly onNotice: ((notice: RosterNotice) => void) | undefined;
}

/** In ms: how long a roster is kept that nobody writes to; what tells who has to be reaped in it has to outlast it. */
const rosterKept = 3_600_000;
const processesKept = 2 * rosterKept;
/** How many connections are reaped in one step, and how many sessions at once. */
const reapedAtOnce = 2_000;
const sessionsAtOnce = 100;

/**
 * Rosters in a Redis, which several processes have in common. Each step is a script; what a step takes several keys
 * slots for is told at each of them. Needs Redis 7.0 or Valkey, and nothing newer.
 */
export class RedisEngine implements RosterEngine {
  /** The changes that have to be told outside. */
  readonly outbox: RedisOutbox;
  /** Who tells them, and to whom. */
  readonly webhooks: RedisWebhooks;
  readonly #lease: number;
  readonly #database: number;
  readonly #keys: Keys;
  readonly #connection: RedisConnection;
  readonly #watches = new Map<string, Set<Watch>>();
  /** Until when the leases of this process's incarnations hold, in ms by Redis' clock. */
  readonly #heldUntil = new Map<string, number>();
  /** In which sessions, by tag, which incarnations are known to be. */
  readonly #entered = new Map<string, Map<string, Entry>>();

  constructor({ address, lease, prefix = 'session-connection-count:', onReach }: RedisEngineOptions) {
    this.#lease = lease;
    this.#database = address.database;
    this.#keys = new Keys(prefix);
    this.#connection = new RedisConnection(address);
    this.outbox = new RedisOutbox(this.#connection, this.#keys, address.database);
    this.webhooks = new RedisWebhooks(this.#connection, this.#keys, address.database);
    this.#connection.on('loss', () => onReach?.(false));
    this.#connection.on('return', () => onReach?.(true));
  }

  /** @throws {Error} where the Redis can't be reached. Once it was, the connection is mended when it breaks. */
  async open(): Promise<void> {
    await this.#connection.open();
    const known = await this.#connection.send(this.#keys.leases, ['COMMAND', 'INFO', 'SPUBLISH']);
    if (!(known as unknown[])[0]) throw new Error('it is older than Redis 7.0');
  }

  /** Whether the Redis can be reached, as far as is known. */
  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  close(): void {
    this.outbox.close();
    this.#connection.close();
  }

  async renew(incarnation: string): Promise<Lease> {
    const { leases } = this.#keys;
    const keys = [leases, this.#keys.dead(incarnation), this.#keys.sessions(incarnation)];
    const args = [incarnation, this.#lease, processesKept, this.#heldUntil.get(incarnation) ?? 0];
    const answer = await this.#connection.run(renewScript, keys, args);
    const [until, lease] = answer as [until: string, lease: Lease];
    this.#heldUntil.set(incarnation, Number(until));
    if (lease !== 'held') this.#entered.delete(incarnation);
    return lease;
  }

  apply(batch: RosterBatch): Promise<WrittenState | undefined> {
    return this.#apply(batch, batch.whole);
  }

  /** @param anew Whether it is to be noted once more that the incarnation is in the session. */
  async #apply(batch: RosterBatch, anew: boolean): Promise<WrittenState | undefined> {
    const { sessionId, incarnation, number, created, claims, destroyed, whole, seen } = batch;
    const tag = tagOf(sessionId);
    const known = anew ? undefined : this.#entered.get(incarnation)?.get(tag);
    if (created.length && !known && !(await this.#enter(batch, tag))) return undefined;
    const keys = [
      this.#keys.roster(tag),
      this.#keys.part(tag, incarnation),
      this.#keys.batch(tag, incarnation),
      this.#keys.holders(tag),
      this.#keys.outbox(tag),
      this.#keys.outboxMarks(tag),
      this.#keys.moved(tag),
    ];
    const args = [
      incarnation,
      `\n${(batch.former ?? []).join('\n')}\n`,
      this.#keys.channel(tag, this.#database),
      rosterKept,
      sessionId,
      this.#outboxKept,
      number,
      seen.epoch,
      seen.seq,
      whole ? 1 : 0,
      known?.epoch ?? -1,
      this.#keys.partPrefix(tag),
      this.#keys.removedPrefix(tag),
      (batch.others ?? []).join('\n'),
      batch.anew ? 1 : 0,
      movedKept,
      created.length,
      ...created.flatMap((connection) => {
        const { connectionId } = connection;
        const claim = claims?.get(connectionId);
        const holder = claim ? holderOf(claim.key) : '';
        return [connectionId, JSON.stringify(connection), holder, claim?.attempt ?? 0];
      }),
      ...destroyed.flatMap(({ reason, connections }) => [reason, connections.length, ...connections]),
    ];
    const answer = await this.#connection.run(applyScript, keys, args);
    if (answer === 'enter') return this.#apply(batch, true);
    if (!answer) {
      this.#entered.delete(incarnation);
      return undefined;
    }
    const [epoch, seq, count, parts, awaited, own, moves, away, removed, isWaiting] = answer as WrittenAnswer;
    const entry = this.#entered.get(incarnation)?.get(tag);
    if (entry && !known) entry.epoch = Number(epoch);
    const noted = isWaiting ? this.outbox.note(tag) : undefined;
    if (own === 0) await this.#leave(incarnation, tag, noted);
    const moved = new Map<string, Connection>();
    for (let at = 0; at < moves.length; at += 2) {
      moved.set(moves[at]!, JSON.parse(moves[at + 1]!) as Connection);
    }
    const state = { ...stateOf([epoch, seq, count]), parts, ...(awaited.length && { awaited }) };
    return { ...state, own, moved, away, removed };
  }

  async reap(): Promise<void> {
    const { leases, reaping, deadPrefix } = this.#keys;
    const dead = await this.#connection.run(
      declareDeadScript,
      [leases, reaping],
      [deadPrefix, processesKept],
    );
    for (const incarnation of dead as string[]) await this.#reapIncarnation(incarnation);
  }

  async read(sessionId: string): Promise<PartedState> {
    const tag = tagOf(sessionId);
    await this.#connection.subscribed(this.#keys.channel(tag, this.#database));
    const answer = await this.#connection.run(readScript, [this.#keys.roster(tag)], []);
    const [epoch, seq, count, parts, awaited] = answer as StoredAnswer;
    return { ...stateOf([epoch, seq, count]), parts, ...(awaited.length && { awaited }) };
  }

  async list(sessionId: string): Promise<RosterState & { readonly connections: readonly Connection[] }> {
    const tag = tagOf(sessionId);
    await this.#connection.subscribed(this.#keys.channel(tag, this.#database));
    const answer = await this.#connection.run(
      listScript,
      [this.#keys.roster(tag)],
      [this.#keys.partPrefix(tag)],
    );
    const [epoch, seq, count, ...connections] = answer as string[];
    return {
      ...stateOf([epoch!, seq!, count!]),
      connections: connections.map((connection) => JSON.parse(connection) as Connection),
    };
  }

  async recognise(sessionId: string, key: string): Promise<Recognition> {
    const tag = tagOf(sessionId);
    const args = [holderOf(key), this.#keys.partPrefix(tag), this.#keys.removedPrefix(tag)];
    const answer = await this.#connection.run(recogniseScript, [this.#keys.holders(tag)], args);
    return (answer as Recognition | null) ?? undefined;
  }

  async askForRemoval(sessionId: string, connectionId: string): Promise<boolean> {
    const tag = tagOf(sessionId);
    const args = [this.#keys.channel(tag, this.#database), connectionId, this.#keys.partPrefix(tag)];
    return (await this.#connection.run(askForRemovalScript, [this.#keys.roster(tag)], args)) === 1;
  }

  watch(sessionId: string, onChange: Watch['onChange'], onNotice?: Watch['onNotice']): () => void {
    const channel = this.#keys.channel(tagOf(sessionId), this.#database);
    let watches = this.#watches.get(channel);
    if (!watches) {
      const added = (watches = new Set());
      this.#watches.set(channel, watches);
      this.#connection.subscribe(channel, (message) => {
        const news = JSON.parse(message) as RosterChange | RosterNotice;
        for (const each of added) {
          if ('type' in news) each.onNotice?.(news);
          else each.onChange(news);
        }
      });
    }
    const watch = { onChange, onNotice };
    watches.add(watch);
    const watched = watches;
    return () => {
      watched.delete(watch);
      if (watched.size || this.#watches.get(channel) !== watched) return;
      this.#watches.delete(channel);
      this.#connection.unsubscribe(channel);
    };
  }

  onReturn(listener: () => void): () => void {
    this.#connection.on('return', listener);
    return () => this.#connection.off('return', listener);
  }

  get #outboxKept(): number {
    return this.outbox.isWanted ? outboxKept : 0;
  }

  /** Has to come before the first connection is written, or nobody would look there when the incarnation is dead. */
  async #enter({ incarnation, number }: RosterBatch, tag: string): Promise<boolean> {
    const keys = [this.#keys.leases, this.#keys.dead(incarnation), this.#keys.sessions(incarnation)];
    const args = [incarnation, tag, this.#lease, processesKept, number];
    const isIn = await this.#connection.run(enterScript, keys, args);
    if (!isIn) return false;
    const entered = this.#entered.get(incarnation) ?? new Map<string, Entry>();
    this.#entered.set(incarnation, entered.set(tag, { number, epoch: 0 }));
    return true;
  }

  /**
   * What can't be taken out of the index only costs who reaps it a look. It stays there until it is noted that the
   * session's outbox has something: whoever reaps it notes that too.
   */
  async #leave(incarnation: string, tag: string, noted: Promise<void> | undefined): Promise<void> {
    const entry = this.#entered.get(incarnation)?.get(tag);
    if (!entry) return;
    this.#entered.get(incarnation)!.delete(tag);
    const sessions = this.#keys.sessions(incarnation);
    const leave = (): Promise<unknown> =>
      this.#connection.run(leaveScript, [sessions], [tag, entry.number]).catch(() => {});
    if (noted) void noted.then(leave);
    else await leave();
  }

  async #reapIncarnation(incarnation: string): Promise<void> {
    const sessions = this.#keys.sessions(incarnation);
    for (;;) {
      const some = await this.#connection.send(sessions, ['ZRANDMEMBER', sessions, String(sessionsAtOnce)]);
      const tags = some as string[];
      if (!tags.length) break;
      await Promise.all(tags.map((tag) => this.#reapSession(incarnation, tag)));
      await this.#connection.send(sessions, ['ZREM', sessions, ...tags]);
    }
    await this.#connection.run(endReapingScript, [this.#keys.reaping, sessions], [incarnation]);
  }

  async #reapSession(incarnation: string, tag: string): Promise<void> {
    const keys = [
      this.#keys.roster(tag),
      this.#keys.part(tag, incarnation),
      this.#keys.batch(tag, incarnation),
      this.#keys.holders(tag),
      this.#keys.outbox(tag),
      this.#keys.outboxMarks(tag),
    ];
    const args = [
      incarnation,
      this.#keys.channel(tag, this.#database),
      rosterKept,
      reapedAtOnce,
      this.#outboxKept,
    ];
    for (let left = 1; left > 0;) {
      const answer = (await this.#connection.run(reapScript, keys, args)) as [number, number];
      left = answer[0];
      if (left === 0 && answer[1]) await this.outbox.note(tag);
    }
  }
}

type StoredAnswer = [epoch: string, seq: number, count: number, parts: string[], awaited: string[]];

type WrittenAnswer = [
  epoch: string,
  seq: number,
  count: number,
  parts: string[],
  awaited: string[],
  own: number,
  moves: string[],
  away: string[],
  removed: string[],
  isWaiting: number,
];

const stateOf = ([epoch, seq, count]: readonly (string | number | null)[]): RosterState => ({
  epoch: Number(epoch ?? 0),
  seq: Number(seq ?? 0),
  count: Number(count ?? 0),
});
