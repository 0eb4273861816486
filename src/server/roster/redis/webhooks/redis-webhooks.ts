import type { RedisConnection } from '../connection.js';
import type { Keys } from '../keys.js';
import { outboxKept } from '../outbox/index.js';
import { registerScript, stopSendingScript, takePartScript, unregisterScript } from './webhook-scripts.js';

/** A callback that all processes know. */
export interface SharedCallback {
  readonly id: string;
  readonly event: string;
  readonly url: string;
  /** In ms since the epoch, by Redis' clock. */
  readonly createdAt: number;
}

/** What a process tells the others of itself. */
export interface WebhookPart {
  /** In ms: how long others wait for a sender that says nothing. */
  readonly lease: number;
  readonly canSend: boolean;
  /** The URLs of its settings. */
  readonly urls: readonly string[];
  /** How the deliveries go, where it sends. */
  readonly states: string | undefined;
}

/** How things are in the group. */
export interface WebhookRound {
  /** Whether this process sends. */
  readonly sends: boolean;
  readonly callbacks: readonly SharedCallback[];
  /** The URLs of the settings of all processes, and since when they are there, in ms since the epoch. */
  readonly settings: ReadonlyMap<string, number>;
  /** How the deliveries go, as the sender said it last. */
  readonly states: string | undefined;
}

/** What the processes on a Redis have in common of webhooks: which URLs are told of what, and who tells them. */
export class RedisWebhooks {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #news: string;
  /** Which list the callbacks are of that are known, so that a new one can be told from one that was lost. */
  #list = '';
  #callbacks: readonly string[] = [];

  constructor(connection: RedisConnection, keys: Keys, database: number) {
    this.#connection = connection;
    this.#keys = keys;
    this.#news = keys.webhookNews(database);
  }

  /** Hears that it is time for another {@link takePart}, until the returned function is called. May miss it. */
  listen(listener: () => void): () => void {
    this.#connection.subscribe(this.#news, listener);
    return () => this.#connection.unsubscribe(this.#news);
  }

  /** Exchanges what is known. To be called every third of the lease. */
  async takePart(process: string, { lease, canSend, urls, states }: WebhookPart): Promise<WebhookRound> {
    const { webhookSender, callbacks, webhookSettings, webhookStates, waiting, noted } = this.#keys;
    const answer = await this.#connection.run(
      takePartScript,
      [webhookSender, callbacks, webhookSettings, webhookStates, waiting, noted],
      [
        process,
        lease,
        outboxKept,
        canSend ? 1 : 0,
        states ?? '',
        this.#list,
        urls.length,
        ...urls,
        ...this.#callbacks,
      ],
    );
    const [sends, list, fields, settings, told] = answer as [number, string, string[], string[], string];
    this.#list = list;
    this.#callbacks = fields;
    const found = new Map<string, SharedCallback>();
    for (let at = 0; at < fields.length; at += 2) {
      const [createdAt, event, url] = fields[at + 1]!.split('\n');
      if (event && url) found.set(fields[at]!, { id: fields[at]!, event, url, createdAt: Number(createdAt) });
    }
    const since = new Map<string, number>();
    for (let at = 0; at < settings.length; at += 2) since.set(settings[at]!, Number(settings[at + 1]));
    return {
      sends: sends === 1,
      callbacks: [...found.values()],
      settings: since,
      states: told === '' ? undefined : told,
    };
  }

  /**
   * Adds a callback where it isn't there.
   *
   * @param most How many there may be.
   * @returns False where there are so many.
   */
  async register({ id, event, url }: Omit<SharedCallback, 'createdAt'>, most: number): Promise<boolean> {
    const keys = [this.#keys.callbacks, this.#keys.webhookSettings];
    return (
      (await this.#connection.run(registerScript, keys, [id, event, url, most, outboxKept, this.#news])) === 1
    );
  }

  async unregister(id: string): Promise<void> {
    await this.#connection.run(unregisterScript, [this.#keys.callbacks], [id, this.#news]);
  }

  /** Lets another process send. */
  async stopSending(process: string): Promise<void> {
    await this.#connection.run(stopSendingScript, [this.#keys.webhookSender], [process, this.#news]);
  }
}
