import { randomUUID } from 'node:crypto';
import type { Outbox, RecordedChange } from '../roster/index.js';
import type { Clock } from './clock.js';
import { DeliveryQueue, type DeliveryState } from './delivery-queue.js';
import type { Send } from './sender.js';
import { signatureHeaders } from './signature.js';
import type { Troubles } from './trouble-report.js';
import { messagesAbout, type CallbackEvent, type WebhookMessage } from './webhook-message.js';

/** A URL that gets a POST for each connection that comes, or for each that goes. */
export interface Callback {
  readonly id: string;
  readonly event: CallbackEvent;
  readonly url: string;
  /** In ms since the epoch. */
  readonly createdAt: number;
  /** It comes from the settings, and so goes with them alone. */
  readonly isSetting: boolean;
}

/** How the deliveries go to the URLs of one host. */
export interface HostState extends DeliveryState {
  /** With the port where it isn't the usual one. The rest of a URL may hold secrets. */
  readonly host: string;
}

/** What went wrong with the deliveries to a URL lately. */
export interface WebhookTrouble extends Troubles, Pick<HostState, 'host' | 'pending' | 'lastError'> {}

/** What a {@link Webhooks} takes. */
export interface WebhooksOptions {
  /** The project that the payloads name. */
  readonly projectId: string;
  /** What is signed with; without one there are no webhooks. */
  readonly keys: readonly Buffer[];
  /** Begins to append what happens to an outbox, and returns what ends that. */
  readonly record: (outbox: Outbox) => () => void;
  readonly send: Send;
  readonly clock: Clock;
  /** From 0 to 1, for the pauses after failures. Default: Math.random. */
  random?: () => number;
  /** Called at once, and then at most once a minute for each URL. */
  readonly onTrouble: (trouble: WebhookTrouble) => void;
}

/** How many callbacks there may be. */
export const mostCallbacks = 50;

/** Tells URLs of the connections that come and go. What waits is in the memory of this process. */
export class Webhooks implements Outbox {
  readonly #options: WebhooksOptions;
  readonly #callbacks = new Map<string, Callback>();
  /** One for each URL, so that what happened to a connection comes in order whatever the callbacks are. */
  readonly #queues = new Map<string, DeliveryQueue>();
  #stopRecording: (() => void) | undefined;

  constructor(options: WebhooksOptions) {
    this.#options = options;
  }

  /** Whether there is a secret to sign with. */
  get canSign(): boolean {
    return this.#options.keys.length > 0;
  }

  get callbacks(): readonly Callback[] {
    return [...this.#callbacks.values()];
  }

  /** How the deliveries go to each URL. */
  get states(): readonly HostState[] {
    return [...this.#queues].map(([url, queue]) => ({ host: new URL(url).host, ...queue.state }));
  }

  /** How the deliveries go to a callback's URL. */
  stateOf({ url }: Callback): DeliveryState {
    return this.#queues.get(url)!.state;
  }

  /**
   * Tells a URL of an event from now on. Where it is told already, that is the callback.
   *
   * @returns undefined where there are {@link mostCallbacks}.
   */
  register(event: CallbackEvent, { href: url }: URL, isSetting = false): Callback | undefined {
    const known = this.callbacks.find((callback) => callback.event === event && callback.url === url);
    if (known) return known;
    if (this.#callbacks.size >= mostCallbacks) return undefined;
    const callback = { id: randomUUID(), event, url, createdAt: this.#options.clock.now(), isSetting };
    this.#callbacks.set(callback.id, callback);
    if (!this.#queues.has(url)) this.#queues.set(url, this.#queueFor(url));
    // Where nobody is to be told, a change costs nothing.
    this.#stopRecording ??= this.#options.record(this);
    return callback;
  }

  /** Tells of an event no more. What waits for a URL without a callback is forgotten. */
  unregister({ id, url }: Callback): void {
    this.#callbacks.delete(id);
    if (!this.callbacks.some((callback) => callback.url === url)) {
      this.#queues.get(url)?.discard();
      this.#queues.delete(url);
    }
    if (!this.#callbacks.size) this.#stop();
  }

  append(change: RecordedChange): void {
    const { projectId, clock } = this.#options;
    const messages = messagesAbout(change, projectId, clock.now());
    for (const [url, queue] of this.#queues) {
      const events = this.callbacks.filter((callback) => callback.url === url).map(({ event }) => event);
      for (const message of messages) if (events.includes(message.event)) queue.append(message);
    }
  }

  /**
   * Tries once more to deliver what waits, and forgets the rest.
   *
   * @param longest How long that may take, in ms.
   * @returns How many messages are lost.
   */
  async close(longest: number): Promise<number> {
    this.#stop();
    const lost = await Promise.all([...this.#queues.values()].map((queue) => queue.finish(longest)));
    return lost.reduce((sum, number) => sum + number, 0);
  }

  #stop(): void {
    this.#stopRecording?.();
    this.#stopRecording = undefined;
  }

  #queueFor(href: string): DeliveryQueue {
    const { keys, send, clock, random = Math.random, onTrouble } = this.#options;
    const url = new URL(href);
    const attempt = ({ id, body }: WebhookMessage, signal: AbortSignal): Promise<number> =>
      send({ url, headers: signatureHeaders(id, clock.now(), body, keys), body, signal });
    return new DeliveryQueue({
      attempt,
      clock,
      random,
      onTrouble: (troubles, { pending, lastError }) =>
        onTrouble({ host: url.host, ...troubles, pending, lastError }),
    });
  }
}
