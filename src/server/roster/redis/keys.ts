import { createHash } from 'node:crypto';

/**
 * The names of all keys. What is in braces decides where a cluster keeps a key: all of a session are together, and all
 * that is about processes, and all that is about webhooks.
 */
export class Keys {
  /** Sorted set: until when each incarnation's lease holds, in ms by Redis' clock. */
  readonly leases: string;
  /** Set: the dead incarnations whose connections aren't all taken out yet. */
  readonly reaping: string;
  /** String: the process that sends the webhooks of all. */
  readonly webhookSender: string;
  /** Hash: registered callbacks by id: when, for which event and URL, with line feeds between; under '' which list it is. */
  readonly callbacks: string;
  /** Hash: by URL of a process's settings since when it is there, and until when a process that lives has it, in ms. */
  readonly webhookSettings: string;
  /** String: how the deliveries go to each URL, as JSON. */
  readonly webhookStates: string;
  /** Sorted set: the tags of the sessions whose outboxes have something, by the number of the note that said so. */
  readonly waiting: string;
  /** String: the number of the last note. */
  readonly noted: string;
  readonly #prefix: string;
  readonly #processes: string;
  readonly #webhooks: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#processes = `${prefix}{processes}:`;
    this.leases = `${this.#processes}leases`;
    this.reaping = `${this.#processes}reaping`;
    this.#webhooks = `${prefix}{webhooks}:`;
    this.webhookSender = `${this.#webhooks}sender`;
    this.callbacks = `${this.#webhooks}callbacks`;
    this.webhookSettings = `${this.#webhooks}settings`;
    this.webhookStates = `${this.#webhooks}states`;
    this.waiting = `${this.#webhooks}waiting`;
    this.noted = `${this.#webhooks}noted`;
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

  /**
   * Hash: epoch, seq, count, the session's id, a field `part:<incarnation>` for each part that has connections, and, of a
   * roster that was lost, `awaited:<incarnation>` for each that hasn't told anew whom it has, and `told:<incarnation>`.
   */
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

  /** Sorted set: the connections that moved from one incarnation to another, by when, in ms by Redis' clock. */
  moved(tag: string): string {
    return `${this.#prefix}{${tag}}:moved`;
  }

  /** Stream: the changes of a session that a URL has to be told yet. */
  outbox(tag: string): string {
    return `${this.#prefix}{${tag}}:outbox`;
  }

  /** Hash: by URL the last change in the outbox that it was told; under `dropped` how many there was no room for. */
  outboxMarks(tag: string): string {
    return `${this.#prefix}{${tag}}:outbox:marks`;
  }

  /** Sharded channel: a process may take over the webhooks, or has other callbacks to learn of. */
  webhookNews(database: number): string {
    return `${this.#webhooks}news:${database}`;
  }

  /** Sharded channel: an outbox has something. */
  outboxNews(database: number): string {
    return `${this.#webhooks}outboxes:${database}`;
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
