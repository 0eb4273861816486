import { randomUUID } from 'node:crypto';
import type { Outbox, RecordedChange } from '../roster/index.js';
import { mostCallbacks, type Callback, type CallbackRegistry, type CallbackState } from './callback.js';
import { Deliveries, type DeliveriesOptions, type HostState } from './deliveries.js';
import type { CallbackEvent } from './webhook-message.js';

/** What a {@link Webhooks} takes. */
export interface WebhooksOptions extends DeliveriesOptions {
  /** Begins to append what happens to an outbox, and returns what ends that. */
  readonly record: (outbox: Outbox) => () => void;
}

/** Tells URLs of the connections that come and go. What waits is in the memory of this process. */
export class Webhooks implements Outbox, CallbackRegistry {
  readonly #options: WebhooksOptions;
  readonly #deliveries: Deliveries;
  readonly #callbacks = new Map<string, Callback>();
  #stopRecording: (() => void) | undefined;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#deliveries = new Deliveries(options);
  }

  /** Without a secret there are no webhooks. */
  get canSign(): boolean {
    return this.#options.keys.length > 0;
  }

  get callbacks(): readonly Callback[] {
    return [...this.#callbacks.values()];
  }

  /** How the deliveries go to each URL. */
  get states(): readonly HostState[] {
    return this.#deliveries.states;
  }

  stateOf({ url }: Callback): CallbackState {
    return this.#deliveries.stateOf(url);
  }

  register(event: CallbackEvent, { href: url }: URL, isSetting = false): Callback | undefined {
    const known = this.callbacks.find((callback) => callback.event === event && callback.url === url);
    if (known) return known;
    if (this.#callbacks.size >= mostCallbacks) return undefined;
    const callback = { id: randomUUID(), event, url, createdAt: this.#options.clock.now(), isSetting };
    this.#callbacks.set(callback.id, callback);
    this.#deliveries.follow(this.callbacks);
    // Where nobody is to be told, a change costs nothing.
    this.#stopRecording ??= this.#options.record(this);
    return callback;
  }

  unregister({ id }: Callback): void {
    this.#callbacks.delete(id);
    this.#deliveries.follow(this.callbacks);
    if (!this.#callbacks.size) this.#stop();
  }

  append(change: RecordedChange): void {
    const now = this.#options.clock.now();
    this.#deliveries.append(this.#deliveries.messagesFor(this.callbacks, change, now));
  }

  /**
   * Tries once more to deliver what waits, and forgets the rest.
   *
   * @param longest How long that may take, in ms.
   * @returns How many messages are lost.
   */
  async close(longest: number): Promise<number> {
    this.#stop();
    return this.#deliveries.finish(longest);
  }

  #stop(): void {
    this.#stopRecording?.();
    this.#stopRecording = undefined;
  }
}
