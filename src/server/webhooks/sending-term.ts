import { isAfter, timeOf, type KeptChange, type RedisOutbox } from '../roster/redis/index.js';
import type { Callback } from './callback.js';
import type { Deliveries } from './deliveries.js';
import type { WebhookMessage } from './webhook-message.js';

/** What a {@link SendingTerm} takes. */
export interface SendingTermOptions {
  readonly outbox: Pick<RedisOutbox, 'listen' | 'waiting' | 'read' | 'settle' | 'forget'>;
  readonly deliveries: Deliveries;
  /** The callbacks that there are at present. */
  readonly callbacks: () => readonly Callback[];
}

/** A change that some URLs have to be told yet. */
interface OpenChange {
  readonly id: string;
  /** How many messages are left, by URL. */
  readonly left: Map<string, number>;
}

/** What is known of a session's outbox. */
interface OpenOutbox {
  readonly tag: string;
  /** That of the last note that it has something. */
  number: number;
  /** The last change that was read. */
  last: string | undefined;
  /** In order. */
  readonly changes: OpenChange[];
  /** What is to be said to the outbox: up to where all were told, and where single URLs are. */
  through: string | undefined;
  marks: Map<string, string>;
  /** It may have something that wasn't read. */
  isUnread: boolean;
  isSettling: boolean;
  settling: Promise<void> | undefined;
}

/** How many changes are read in one step, and how many outboxes at once. */
const changesAtOnce = 100;
const outboxesAtOnce = 100;
/** In ms: between two attempts to say what an outbox's changes became of. */
const pause = 500;

/** The time in which this process sends the webhooks of a group: it reads the outboxes, and empties them as it goes. */
export class SendingTerm {
  readonly #options: SendingTermOptions;
  readonly #outboxes = new Map<string, OpenOutbox>();
  readonly #places = new WeakMap<WebhookMessage, { outbox: OpenOutbox; change: OpenChange }>();
  readonly #stopListening: () => void;
  /** The last note that was followed. */
  #noted = 0;
  #isLooking = false;
  #looksAgain = false;
  #hasEnded = false;

  constructor(options: SendingTermOptions) {
    this.#options = options;
    this.#stopListening = options.outbox.listen(() => this.look());
    this.look();
  }

  /** Reads what outboxes have got. What fails is done by the next. */
  look(): void {
    this.#looksAgain = true;
    if (!this.#isLooking) void this.#look();
  }

  /** Notes that a message waits no more. */
  settle(url: string, message: WebhookMessage): void {
    const place = this.#places.get(message);
    if (!place || this.#hasEnded) return;
    const { outbox, change } = place;
    const left = change.left.get(url)! - 1;
    if (left) {
      change.left.set(url, left);
      return;
    }
    change.left.delete(url);
    outbox.marks.set(url, change.id);
    this.#advance(outbox);
  }

  /** Notes that nothing waits for a URL any more. */
  release(url: string): void {
    for (const outbox of [...this.#outboxes.values()]) {
      for (const { left } of outbox.changes) left.delete(url);
      this.#advance(outbox);
    }
  }

  /** Reads no more. What waits may still be delivered. */
  stopReading(): void {
    this.#stopListening();
    this.#looksAgain = false;
  }

  /** Resolves when the outboxes were told what was delivered, or a time in ms is over. */
  async flush(longest: number): Promise<void> {
    const settling = [...this.#outboxes.values()].flatMap((outbox) => outbox.settling ?? []);
    await Promise.race([
      Promise.all(settling),
      new Promise((resolve) => setTimeout(resolve, longest).unref()),
    ]);
  }

  /** Leaves what waits to another. */
  end(): void {
    this.stopReading();
    this.#hasEnded = true;
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      while (this.#looksAgain && !this.#hasEnded) {
        this.#looksAgain = false;
        const waiting = await this.#options.outbox.waiting(this.#noted);
        for (let at = 0; at < waiting.length; at += outboxesAtOnce) {
          const some = waiting.slice(at, at + outboxesAtOnce);
          await Promise.all(some.map(([tag, number]) => this.#read(tag, number)));
        }
        this.#noted = waiting.at(-1)?.[1] ?? this.#noted;
      }
    } catch {
      // What wasn't read is so by the next look.
    } finally {
      this.#isLooking = false;
    }
  }

  async #read(tag: string, number: number): Promise<void> {
    const { outbox: source, deliveries } = this.#options;
    const outbox: OpenOutbox = this.#outboxes.get(tag) ?? {
      tag,
      number,
      last: undefined,
      changes: [],
      through: undefined,
      marks: new Map(),
      isUnread: true,
      isSettling: false,
      settling: undefined,
    };
    this.#outboxes.set(tag, outbox);
    outbox.number = number;
    outbox.isUnread = true;
    while (outbox.isUnread) {
      const { changes, marks, dropped } = await source.read(tag, outbox.last, changesAtOnce);
      if (this.#hasEnded) return;
      if (dropped) deliveries.addDropped(dropped);
      for (const change of changes) this.#append(outbox, change, marks);
      outbox.isUnread = changes.length === changesAtOnce;
    }
    this.#advance(outbox);
  }

  #append(outbox: OpenOutbox, { id, change }: KeptChange, marks: ReadonlyMap<string, string>): void {
    const { deliveries, callbacks } = this.#options;
    const timestamp = timeOf(id);
    outbox.last = id;
    const isToldOf = ({ url, createdAt }: Callback): boolean =>
      createdAt <= timestamp && isAfter(id, marks.get(url) ?? '0-0');
    const messages = deliveries.messagesFor(callbacks().filter(isToldOf), change, timestamp);
    const open: OpenChange = {
      id,
      left: new Map([...messages].map(([url, ofUrl]) => [url, ofUrl.length])),
    };
    // Before they are appended: without room they are settled at once.
    outbox.changes.push(open);
    for (const message of [...messages.values()].flat()) this.#places.set(message, { outbox, change: open });
    deliveries.append(messages);
  }

  /** Goes on where the first changes have nobody left to be told. */
  #advance(outbox: OpenOutbox): void {
    if (this.#hasEnded) return;
    while (outbox.changes[0]?.left.size === 0) outbox.through = outbox.changes.shift()!.id;
    if (!outbox.isSettling) outbox.settling = this.#settleOutbox(outbox);
  }

  async #settleOutbox(outbox: OpenOutbox): Promise<void> {
    const { outbox: source } = this.#options;
    outbox.isSettling = true;
    while (!this.#hasEnded && (outbox.through !== undefined || outbox.marks.size)) {
      const { tag, through, marks } = outbox;
      outbox.through = undefined;
      outbox.marks = new Map();
      const ahead = new Map([...marks].filter(([, id]) => through === undefined || isAfter(id, through)));
      try {
        await source.settle(tag, through, ahead);
      } catch {
        outbox.through ??= through;
        outbox.marks = new Map([...ahead, ...outbox.marks]);
        await new Promise((resolve) => setTimeout(resolve, pause).unref());
      }
    }
    outbox.isSettling = false;
    const { tag, number } = outbox;
    if (this.#hasEnded || outbox.isUnread || outbox.changes.length) return;
    this.#outboxes.delete(tag);
    // Else it costs the next sender a look.
    await source.forget(tag, number).catch(() => {});
  }
}
