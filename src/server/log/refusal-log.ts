import type { Log } from './log.js';

/** A WebSocket that was refused, or closed for what it did. */
export interface Refusal {
  /** One of a few words. */
  readonly cause: string;
  /** What its client was told, if anything. */
  readonly reason?: string | undefined;
  /** Where it came from. */
  readonly address?: string | undefined;
}

/** In seconds: how long refusals are counted before they are logged. */
const period = 10;

/**
 * Logs refusals as sums, one line for each cause in a period, so that a flood of bad clients fills no disk. At the
 * level debug each has a line of its own too, with the address.
 */
export class RefusalLog {
  readonly #log: Log;
  readonly #sums = new Map<string, { count: number; example: string | undefined }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  refused(refusal: Refusal): void {
    this.#log.debug(refusal, 'WebSocket refused');
    const { cause, reason } = refusal;
    const sum = this.#sums.get(cause);
    if (sum) sum.count++;
    else this.#sums.set(cause, { count: 1, example: reason });
    this.#timer ??= setTimeout(() => this.flush(), period * 1000).unref();
  }

  /** Logs what was counted. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [cause, { count, example }] of this.#sums) {
      this.#log.warn({ cause, count, seconds: period, example }, 'WebSockets were refused');
    }
    this.#sums.clear();
  }
}
