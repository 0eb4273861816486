import { createHash } from 'node:crypto';

/**
 * The names of all keys. What is in braces decides where a cluster keeps a key: all of a session are together, and all
 * that is about processes.
 */
export class Keys {
  /** Sorted set: until when each incarnation's lease holds, in ms by Redis' clock. */
  readonly leases: string;
  /** Set: the dead incarnations whose connections aren't all taken out yet. */
  readonly reaping: string;
  readonly #prefix: string;
  readonly #processes: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#processes = `${prefix}{processes}:`;
    this.leases = `${this.#processes}leases`;
    this.reaping = `${this.#processes}reaping`;
  }

  /** What {@link dead} begins with. */
  get deadPrefix(): string {
    return `${this.#processes}dead:`;
  }

  /** String: is there when the incarnation was declared dead. */
  dead(incarnation: string): string {
    return this.deadPrefix + incarnation;
  }

  /** Sorted set: the tags of the sessions that an incarnation may have connections in, with the batch that began it. */
  sessions(incarnation: string): string {
    return `${this.#processes}sessions:${incarnation}`;
  }

  /** Hash: epoch, seq, count, the session's id, and a field `part:<incarnation>` for each part that has connections. */
  roster(tag: string): string {
    return `${this.#prefix}{${tag}}:roster`;
  }

  /** What {@link part} begins with. */
  partPrefix(tag: string): string {
    return `${this.#prefix}{${tag}}:part:`;
  }

  /** Hash: the connections of one incarnation in a session by connection id: key, hashed, line feed, JSON. */
  part(tag: string, incarnation: string): string {
    return this.partPrefix(tag) + incarnation;
  }

  /** String: the number of an incarnation's last batch to a session, or `fenced`. */
  batch(tag: string, incarnation: string): string {
    return `${this.#prefix}{${tag}}:batch:${incarnation}`;
  }

  /**
   * Hash: by client key, hashed, the incarnation that has its connection, the connection's id, and the attempt, with
   * line feeds between.
   */
  holders(tag: string): string {
    return `${this.#prefix}{${tag}}:holders`;
  }

  /** What the names of strings begin with that are there for the keys, hashed, of connections removed by force. */
  removedPrefix(tag: string): string {
    return `${this.#prefix}{${tag}}:removed:`;
  }

  /** Sharded channel of a session's changes. A database's number isn't known to channels, so it is in the name. */
  channel(tag: string, database: number): string {
    return `${this.#prefix}{${tag}}:changes:${database}`;
  }
}

/** 132 bits of a text's SHA-256. */
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/**
 * What stands for a session in keys. An id itself may be long, and hold the braces that decide where a cluster keeps
 * a key.
 */
export const tagOf = hash;

/** What stands for a client's key, which is a secret. */
export const holderOf = hash;
