import { EventEmitter } from 'node:events';
import { EngineError } from '../engine-error.js';
import type { RedisAddress } from './address.js';
import { commandTimeout, connect, inTime, TimeoutError, type Link, type Listener } from './link.js';
import type { Script } from './script.js';

/** In ms. */
const shortestPause = 50;
const longestPause = 1_000;

/** What is said of a connection: it broke, or is there again with all its subscriptions. */
interface ConnectionEvents {
  loss: [];
  return: [];
}

/**
 * A way to a Redis that is mended when it breaks. What can't be sent at once, or has no answer in 2 s, is rejected and
 * never sent later; subscriptions last.
 */
export class RedisConnection extends EventEmitter<ConnectionEvents> {
  readonly #address: RedisAddress;
  readonly #listeners = new Map<string, Listener>();
  /** The subscriptions under way. */
  readonly #subscribing = new Map<string, Promise<unknown>>();
  #link: Link | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;

  constructor(address: RedisAddress) {
    super();
    this.#address = address;
  }

  /** @throws {Error} where the Redis can't be reached. */
  async open(): Promise<void> {
    await this.#open();
  }

  /** Whether commands can be sent. */
  get isOpen(): boolean {
    return !!this.#link;
  }

  /** Runs a script where its first key is. */
  async run(
    { sha, text }: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args.map(String)];
    try {
      return await this.send(keys[0]!, ['EVALSHA', sha, ...rest]);
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
      return this.send(keys[0]!, ['EVAL', text, ...rest]);
    }
  }

  /**
   * Sends a command to wherever `key` is.
   *
   * @throws {EngineError} where that failed. Whether the command was carried out isn't known then.
   */
  async send(key: string, args: string[]): Promise<unknown> {
    const link = this.#link;
    if (!link) throw new EngineError('Redis is away');
    try {
      return await inTime(link.send(key, args), commandTimeout);
    } catch (error) {
      const { message } = error as Error;
      // A server that became a replica, or doesn't answer, may have a successor.
      if (error instanceof TimeoutError || /^(READONLY|MASTERDOWN|LOADING)/.test(message)) this.#lose(link);
      throw new EngineError(message, { cause: error });
    }
  }

  /** Listens to a channel until {@link unsubscribe}. */
  subscribe(channel: string, listener: Listener): void {
    this.#listeners.set(channel, listener);
    if (this.#link) this.#subscribe(this.#link, channel, listener);
  }

  unsubscribe(channel: string): void {
    const listener = this.#listeners.get(channel);
    this.#listeners.delete(channel);
    if (!listener) return;
    const link = this.#link;
    const subscribing = this.#subscribing.get(channel) ?? Promise.resolve();
    void subscribing.then(() => link?.unsubscribe(channel, listener)).catch(() => {});
  }

  /** Resolves when a channel is listened to, or can't be. */
  async subscribed(channel: string): Promise<void> {
    await this.#subscribing.get(channel);
  }

  close(): void {
    this.#closed = true;
    this.#link?.destroy();
    this.#link = undefined;
  }

  #open(): Promise<void> {
    return (this.#opening ??= this.#connect().finally(() => (this.#opening = undefined)));
  }

  async #connect(): Promise<void> {
    const library = await import('./client-library.js');
    const link: Link = await connect(library, this.#address, () => this.#lose(link));
    if (this.#closed) return link.destroy();
    this.#link = link;
    for (const [channel, listener] of this.#listeners) this.#subscribe(link, channel, listener);
  }

  #subscribe(link: Link, channel: string, listener: Listener): void {
    const subscribing = inTime(link.subscribe(channel, listener), commandTimeout)
      .catch(() => this.#lose(link))
      .finally(() => {
        if (this.#subscribing.get(channel) === subscribing) this.#subscribing.delete(channel);
      });
    this.#subscribing.set(channel, subscribing);
  }

  #lose(link: Link): void {
    if (link !== this.#link) return;
    this.#link = undefined;
    link.destroy();
    this.emit('loss');
    void this.#reopen();
  }

  /** What was said meanwhile is lost, so whoever asks for it now has to be subscribed by then. */
  async #return(link: Link): Promise<void> {
    await Promise.all(this.#subscribing.values());
    if (link === this.#link) this.emit('return');
  }

  async #reopen(): Promise<void> {
    for (let pause = shortestPause; !this.#link && !this.#closed; pause = Math.min(2 * pause, longestPause)) {
      await this.#open().catch(() => {});
      if (this.#link) return this.#return(this.#link);
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)).unref());
    }
  }
}
