import { createHash, randomUUID } from 'node:crypto';
import { OwnLease } from '../roster/index.js';
import type { RedisOutbox, RedisWebhooks } from '../roster/redis/index.js';
import { mostCallbacks, type Callback, type CallbackRegistry, type CallbackState } from './callback.js';
import { Deliveries, type DeliveriesOptions, type HostState } from './deliveries.js';
import type { Send } from './sender.js';
import { SendingTerm } from './sending-term.js';
import { callbackEvents, type CallbackEvent } from './webhook-message.js';

/** What a {@link GroupWebhooks} takes. */
export interface GroupWebhooksOptions extends Omit<DeliveriesOptions, 'onSettled'> {
  /** Where the group has what it has in common. */
  readonly shared: { readonly outbox: RedisOutbox; readonly webhooks: RedisWebhooks };
  /** How long the others wait for a sender that says nothing, in ms. */
  readonly lease: number;
  /** The URLs of this process's settings. */
  readonly urls: readonly string[];
}

/**
 * Tells URLs of the connections that come and go on all processes of a group. What waits is where the rosters are, and
 * one process at a time sends it: another takes over when it ends, or was silent for a lease.
 */
export class GroupWebhooks implements CallbackRegistry {
  readonly #options: GroupWebhooksOptions;
  readonly #process = randomUUID();
  readonly #deliveries: Deliveries;
  readonly #lease: OwnLease;
  #callbacks: readonly Callback[] = [];
  /** How the deliveries go, as the sender said it last, by URL. */
  #told: Readonly<Record<string, CallbackState>> = {};
  #term: SendingTerm | undefined;
  #exchanging: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopListening = (): void => {};
  #isClosing = false;

  constructor(options: GroupWebhooksOptions) {
    this.#options = options;
    this.#lease = new OwnLease(
      options.lease,
      () => options.clock.now(),
      () => performance.now(),
    );
    this.#deliveries = new Deliveries({
      ...options,
      send: this.#send,
      onSettled: (url, message) => this.#term?.settle(url, message),
    });
  }

  /** Without a secret this process leaves the webhooks to others. */
  get canSign(): boolean {
    return this.#options.keys.length > 0;
  }

  get callbacks(): readonly Callback[] {
    return this.#callbacks;
  }

  /** How the deliveries of this process go: nothing waits where another sends. */
  get states(): readonly HostState[] {
    return this.#deliveries.states;
  }

  stateOf({ url }: Callback): CallbackState {
    if (this.#term) return this.#deliveries.stateOf(url);
    return this.#told[url] ?? { pending: 0, failingSince: undefined, lastError: undefined };
  }

  /** Begins to take part. To be called when Redis can be reached. */
  async start(): Promise<void> {
    const { shared, lease } = this.#options;
    this.#stopListening = shared.webhooks.listen(() => this.#tryToExchange());
    await this.#exchange();
    this.#timer = setInterval(() => this.#tryToExchange(), lease / 3).unref();
  }

  async register(event: CallbackEvent, { href: url }: URL): Promise<Callback | undefined> {
    const id = callbackId(event, url, false);
    const known = (): Callback | undefined =>
      this.#callbacks.find((callback) => callback.event === event && callback.url === url);
    if (!known() && !(await this.#options.shared.webhooks.register({ id, event, url }, mostCallbacks))) {
      return undefined;
    }
    await this.#exchange();
    return known();
  }

  async unregister({ id }: Callback): Promise<void> {
    await this.#options.shared.webhooks.unregister(id);
    await this.#exchange();
  }

  /**
   * Tries once more to deliver what waits, and leaves the rest to the others, or to who comes next.
   *
   * @param longest How long that may take, in ms.
   * @returns How many messages are lost: none.
   */
  async close(longest: number): Promise<number> {
    clearInterval(this.#timer);
    this.#stopListening();
    await Promise.allSettled([this.#exchanging, this.#next]);
    this.#isClosing = true;
    const term = this.#term;
    if (!term) return 0;
    term.stopReading();
    await this.#deliveries.finish(longest);
    await term.flush(longest);
    this.#endTerm();
    await this.#options.shared.webhooks.stopSending(this.#process).catch(() => {});
    return 0;
  }

  /** Says and hears how things are. One that is under way may not know what is new, so another follows. */
  #exchange(): Promise<void> {
    return (this.#next ??= this.#exchanging
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return (this.#exchanging = this.#takePart());
      }));
  }

  #tryToExchange(): void {
    // The next comes soon.
    this.#exchange().catch(() => {});
  }

  async #takePart(): Promise<void> {
    const { shared, lease, urls, clock } = this.#options;
    const asked = this.#lease.time();
    const states = this.#term && JSON.stringify(Object.fromEntries(this.#statesByUrl()));
    const round = await shared.webhooks.takePart(this.#process, {
      lease,
      canSend: this.canSign && !this.#isClosing,
      urls,
      states,
    });
    this.#callbacks = [
      ...[...round.settings].flatMap(([url, createdAt]) =>
        callbackEvents.map((event) => ({
          id: callbackId(event, url, true),
          event,
          url,
          createdAt,
          isSetting: true,
        })),
      ),
      ...round.callbacks.flatMap(({ event: name, ...callback }) => {
        const event = callbackEvents.find((known) => known === name);
        return event ? { ...callback, event, isSetting: false } : [];
      }),
    ].sort((a, b) => a.createdAt - b.createdAt);
    this.#told = round.states ? (JSON.parse(round.states) as Record<string, CallbackState>) : {};
    shared.outbox.isWanted = this.#callbacks.length > 0;
    for (const url of this.#deliveries.follow(this.#callbacks)) this.#term?.release(url);
    if (!round.sends) {
      this.#endTerm();
      return;
    }
    this.#lease.renewed(asked, true);
    // What is being sent when the lease runs out is given up.
    clock.schedule(lease, () => this.#keepsLease());
    this.#term ??= new SendingTerm({
      outbox: shared.outbox,
      deliveries: this.#deliveries,
      callbacks: () => this.#callbacks,
    });
    this.#term.look();
  }

  #statesByUrl(): [string, CallbackState][] {
    return [...new Set(this.#callbacks.map(({ url }) => url))].map((url) => {
      const { pending, failingSince, lastError } = this.#deliveries.stateOf(url);
      return [url, { pending, failingSince, lastError }];
    });
  }

  readonly #send: Send = async (request) => {
    // Another may be sending what this process still has, if it was stopped or cut off.
    this.#keepsLease();
    request.signal.throwIfAborted();
    return this.#options.send(request);
  };

  #keepsLease(): void {
    if (!this.#lease.holds()) this.#endTerm();
  }

  #endTerm(): void {
    this.#term?.end();
    this.#term = undefined;
    this.#deliveries.discard();
  }
}

/** The same on all processes, so that a URL is registered once for an event. */
const callbackId = (event: CallbackEvent, url: string, isSetting: boolean): string =>
  createHash('sha256')
    .update(JSON.stringify([event, url, isSetting]))
    .digest('base64url')
    .slice(0, 22);
