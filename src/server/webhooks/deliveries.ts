import type { RecordedChange } from '../roster/index.js';
import type { Callback } from './callback.js';
import type { Clock } from '../clock.js';
import { DeliveryQueue, type DeliveryState } from './delivery-queue.js';
import type { Send } from './sender.js';
import { signatureHeaders } from './signature.js';
import type { Troubles } from './trouble-report.js';
import { messagesAbout, type WebhookMessage } from './webhook-message.js';

/** How the deliveries go to the URLs of one host. */
export interface HostState extends DeliveryState {
  /** With the port where it isn't the usual one. The rest of a URL may hold secrets. */
  readonly host: string;
}

/** What went wrong with the deliveries to a URL lately. */
export interface WebhookTrouble extends Troubles, Pick<HostState, 'host' | 'pending' | 'lastError'> {}

/** What {@link Deliveries} take. */
export interface DeliveriesOptions {
  /** The project that the payloads name. */
  readonly projectId: string;
  /** What is signed with. */
  readonly keys: readonly Buffer[];
  readonly send: Send;
  readonly clock: Clock;
  /** From 0 to 1, for the pauses after failures. Default: Math.random. */
  random?: () => number;
  /** Called at once, and then at most once a minute for each URL. */
  readonly onTrouble: (trouble: WebhookTrouble) => void;
  /** Called for each message that waits no more, unless it was forgotten. */
  onSettled?: (url: string, message: WebhookMessage) => void;
}

/** What waits to be told to URLs, in the memory of this process. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  /** One for each URL, so that what happened to a connection comes in order whatever the callbacks are. */
  readonly #queues = new Map<string, DeliveryQueue>();

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** How the deliveries go to each URL. */
  get states(): readonly HostState[] {
    return [...this.#queues].map(([url, queue]) => ({ host: new URL(url).host, ...queue.state }));
  }

  /** How the deliveries go to a URL that has a callback. */
  stateOf(url: string): DeliveryState {
    return this.#queues.get(url)!.state;
  }

  /** Takes the URLs of callbacks, and forgets what waits for others. Returns those others. */
  follow(callbacks: readonly Callback[]): string[] {
    const urls = new Set(callbacks.map(({ url }) => url));
    const left = [...this.#queues.keys()].filter((url) => !urls.has(url));
    for (const url of left) {
      this.#queues.get(url)!.discard();
      this.#queues.delete(url);
    }
    for (const url of urls) if (!this.#queues.has(url)) this.#queues.set(url, this.#queueFor(url));
    return left;
  }

  /**
   * What the URLs of callbacks are to be told of a change, by URL.
   *
   * @param timestamp When it happened, in ms since the epoch.
   */
  messagesFor(
    callbacks: readonly Callback[],
    change: RecordedChange,
    timestamp: number,
  ): Map<string, WebhookMessage[]> {
    const messages = messagesAbout(change, this.#options.projectId, timestamp);
    const wanted = new Map<string, WebhookMessage[]>();
    for (const url of new Set(callbacks.map((callback) => callback.url))) {
      const events = callbacks.filter((callback) => callback.url === url).map(({ event }) => event);
      const found = messages.filter(({ event }) => events.includes(event));
      if (found.length) wanted.set(url, found);
    }
    return wanted;
  }

  /** Takes messages for URLs that have callbacks. */
  append(messages: ReadonlyMap<string, readonly WebhookMessage[]>): void {
    for (const [url, ofUrl] of messages) for (const message of ofUrl) this.#queues.get(url)?.append(message);
  }

  /** Notes that something was lost for each URL before it came here. */
  addDropped(number: number): void {
    for (const queue of this.#queues.values()) queue.addDropped(number);
  }

  /**
   * Tries once more to deliver what waits, and forgets the rest.
   *
   * @param longest How long that may take, in ms.
   * @returns How many messages are forgotten.
   */
  async finish(longest: number): Promise<number> {
    const lost = await Promise.all([...this.#queues.values()].map((queue) => queue.finish(longest)));
    return lost.reduce((sum, number) => sum + number, 0);
  }

  /** Forgets what waits. */
  discard(): void {
    for (const queue of this.#queues.values()) queue.discard();
  }

  #queueFor(href: string): DeliveryQueue {
    const { keys, send, clock, random = Math.random, onTrouble, onSettled } = this.#options;
    const url = new URL(href);
    const attempt = ({ id, body }: WebhookMessage, signal: AbortSignal): Promise<number> =>
      send({ url, headers: signatureHeaders(id, clock.now(), body, keys), body, signal });
    return new DeliveryQueue({
      attempt,
      clock,
      random,
      onTrouble: (troubles, { pending, lastError }) =>
        onTrouble({ host: url.host, ...troubles, pending, lastError }),
      onSettled: (message) => onSettled?.(href, message),
    });
  }
}
