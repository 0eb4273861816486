import type { Clock } from '../clock.js';
import { TroubleReport, type Troubles } from './trouble-report.js';
import type { WebhookMessage } from './webhook-message.js';

/** What a {@link DeliveryQueue} takes. */
export interface DeliveryQueueOptions {
  /** Makes one attempt. Resolves to the status of the answer. */
  readonly attempt: (message: WebhookMessage, signal: AbortSignal) => Promise<number>;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly onTrouble: (troubles: Troubles, state: DeliveryState) => void;
  /** Called for each message that waits no more since it was accepted, given up or dropped; not where it was forgotten. */
  onSettled?: (message: WebhookMessage) => void;
}

/** How the deliveries to one URL go. */
export interface DeliveryState {
  /** How many messages wait, those included that are being sent. */
  readonly pending: number;
  /** How long the oldest of them has waited, in ms; 0 where none does. */
  readonly oldestAge: number;
  /** When the first attempt failed since one was accepted, in ms since the epoch. */
  readonly failingSince: number | undefined;
  /** Why the last attempt failed; undefined where it was accepted. */
  readonly lastError: string | undefined;
  readonly accepted: number;
  /** As in {@link Troubles}, since the server started. */
  readonly troubles: Troubles;
}

/** How many requests one URL gets at a time. */
const parallel = 8;
/** How many messages may wait for one URL. */
export const mostPending = 10_000;
/** Between two attempts at one message, in ms: doubled from the one to the other. */
const shortestPause = 5_000;
const longestPause = 15 * 60_000;
/** How old a message is that is not tried again, in ms. */
const longestLife = 24 * 60 * 60_000;

/** The messages of one session that wait, the oldest first. */
interface Line {
  readonly messages: WebhookMessage[];
  /** How many attempts failed since one was accepted. */
  failures: number;
  /** The attempt that is under way. */
  attempt?: AbortController | undefined;
  /** Ends the pause after the last, without what comes after it. */
  endPause?: (() => void) | undefined;
}

/**
 * Delivers messages to one URL, at least once, those of a session one after the other: the next when the one before
 * was accepted or given up. A session that fails holds up no other.
 */
export class DeliveryQueue {
  readonly #options: DeliveryQueueOptions;
  readonly #report: TroubleReport;
  /** All that wait, in the order in which they came. */
  readonly #pending = new Set<WebhookMessage>();
  readonly #lines = new Map<string, Line>();
  /** Those whose first message may be sent. */
  readonly #ready = new Set<Line>();
  readonly #troubles = { failed: 0, givenUp: 0, dropped: 0 };
  #accepted = 0;
  #sending = 0;
  #failingSince: number | undefined;
  #lastError: string | undefined;
  /** Called when nothing is being sent, where failed attempts aren't made again. */
  #onIdle: (() => void) | undefined;

  constructor(options: DeliveryQueueOptions) {
    this.#options = options;
    this.#report = new TroubleReport(options.clock, (troubles) => options.onTrouble(troubles, this.state));
  }

  get state(): DeliveryState {
    const [oldest] = this.#pending;
    return {
      pending: this.#pending.size,
      oldestAge: oldest ? this.#options.clock.now() - oldest.timestamp : 0,
      failingSince: this.#failingSince,
      lastError: this.#lastError,
      accepted: this.#accepted,
      troubles: { ...this.#troubles },
    };
  }

  /** Takes a message. Where there is no room, all of the session that waits longest are dropped. */
  append(message: WebhookMessage): void {
    if (this.#pending.size >= mostPending) {
      const [oldest] = this.#pending;
      const dropped = this.#drop(oldest!.sessionId);
      this.#fail('dropped', dropped.length);
      for (const each of dropped) this.#options.onSettled?.(each);
    }
    this.#pending.add(message);
    const line = this.#lines.get(message.sessionId);
    if (line) {
      line.messages.push(message);
      return;
    }
    const begun: Line = { messages: [message], failures: 0 };
    this.#lines.set(message.sessionId, begun);
    this.#ready.add(begun);
    this.#send();
  }

  /**
   * Tries once more to deliver what waits, and forgets the rest.
   *
   * @param longest How long that may take, in ms.
   * @returns How many messages are lost.
   */
  async finish(longest: number): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      this.#options.clock.schedule(longest, resolve);
      for (const line of this.#lines.values()) {
        if (!line.endPause) continue;
        line.endPause();
        line.endPause = undefined;
        this.#ready.add(line);
      }
      this.#send();
    });
    const lost = this.#pending.size;
    this.discard();
    this.#report.tell();
    return lost;
  }

  /** Notes that messages were dropped before they came here. */
  addDropped(number: number): void {
    this.#fail('dropped', number);
  }

  /** Forgets what waits. */
  discard(): void {
    for (const sessionId of this.#lines.keys()) this.#drop(sessionId);
  }

  #send(): void {
    for (const line of this.#ready) {
      if (this.#sending === parallel) return;
      this.#ready.delete(line);
      void this.#deliver(line);
    }
    if (!this.#sending) this.#onIdle?.();
  }

  async #deliver(line: Line): Promise<void> {
    const [message] = line.messages;
    const attempt = new AbortController();
    line.attempt = attempt;
    this.#sending++;
    const error = await this.#attempt(message!, attempt.signal);
    this.#sending--;
    line.attempt = undefined;
    // Aborted: nobody waits for it any more.
    if (!attempt.signal.aborted) this.#settle(line, message!, error);
    this.#send();
  }

  /** Resolves to why it failed; undefined where it didn't. */
  async #attempt(message: WebhookMessage, signal: AbortSignal): Promise<string | undefined> {
    try {
      const status = await this.#options.attempt(message, signal);
      return status >= 200 && status < 300 ? undefined : `the answer was ${status}`;
    } catch (error) {
      // The code first: messages may hold addresses of the network.
      const { code, message: text } = error as NodeJS.ErrnoException;
      return code ?? text;
    }
  }

  #settle(line: Line, message: WebhookMessage, error: string | undefined): void {
    const { clock, random } = this.#options;
    this.#lastError = error;
    if (error === undefined) {
      this.#accepted++;
      this.#failingSince = undefined;
      line.failures = 0;
      this.#take(line);
      if (line.messages.length) this.#ready.add(line);
      return;
    }
    const now = clock.now();
    this.#failingSince ??= now;
    line.failures++;
    this.#fail('failed');
    if (now - message.timestamp >= longestLife) {
      this.#take(line);
      this.#fail('givenUp');
    }
    if (!line.messages.length) return;
    line.endPause = clock.schedule(pauseAfter(line.failures, random()), () => {
      line.endPause = undefined;
      this.#ready.add(line);
      this.#send();
    });
  }

  /** Takes a line's first message out. */
  #take(line: Line): void {
    const message = line.messages.shift()!;
    this.#pending.delete(message);
    if (!line.messages.length) this.#lines.delete(message.sessionId);
    this.#options.onSettled?.(message);
  }

  /** Forgets all of a session, and says what it was. */
  #drop(sessionId: string): readonly WebhookMessage[] {
    const line = this.#lines.get(sessionId)!;
    this.#lines.delete(sessionId);
    this.#ready.delete(line);
    line.endPause?.();
    line.attempt?.abort();
    for (const message of line.messages) this.#pending.delete(message);
    return line.messages;
  }

  #fail(trouble: keyof Troubles, number = 1): void {
    this.#troubles[trouble] += number;
    this.#report.add(trouble, number);
  }
}

/** How long a session waits after so many attempts failed, in ms. */
const pauseAfter = (failures: number, random: number): number =>
  Math.min(longestPause * (1 - random / 4), shortestPause * 2 ** (failures - 1) * (1 + random / 4));
