import type { RedisConnection } from '../connection.js';
import type { Keys } from '../keys.js';
import type { RecordedChange } from '../../outbox.js';
import { forgetScript, noteScript, readScript, settleScript, waitingScript } from './outbox-scripts.js';

/** A change as it waits in an outbox. */
export interface KeptChange {
  /** Where it stands in the order of the session's changes: {@link timeOf}, a hyphen and a number. */
  readonly id: string;
  readonly change: RecordedChange;
}

/** What an outbox has. */
export interface OutboxContent {
  readonly changes: readonly KeptChange[];
  /** The id of the last change that a URL was told, for those that aren't all equally far. */
  readonly marks: ReadonlyMap<string, string>;
  /** How many changes there was no room for since the last look. */
  readonly dropped: number;
}

/** In ms: a day, after which a webhook is given up, and an hour. */
export const outboxKept = 25 * 3_600_000;
/** In ms. */
const pause = 500;

/** When a change of an outbox was made, in ms since the epoch, by Redis' clock. */
export const timeOf = (id: string): number => Number(id.split('-')[0]);

/** Whether a change came later than another in the outbox of one session. */
export function isAfter(id: string, other: string): boolean {
  const [[time, number], [otherTime, otherNumber]] = [partsOf(id), partsOf(other)];
  return time > otherTime || (time === otherTime && number > otherNumber);
}

const partsOf = (id: string): [time: number, number: number] => {
  const [time, number] = id.split('-');
  return [Number(time), Number(number)];
};

/**
 * The changes of all sessions that have to be told outside, kept where the rosters are: for each session an outbox,
 * which the script that changes its roster writes to, and one list of the sessions whose outboxes have something.
 */
export class RedisOutbox {
  /** Whether this process's scripts keep what they change. */
  isWanted = false;
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #news: string;
  /** The tags of sessions that have to be noted. */
  #tags = new Set<string>();
  #noting: Promise<void> | undefined;
  #closed = false;

  constructor(connection: RedisConnection, keys: Keys, database: number) {
    this.#connection = connection;
    this.#keys = keys;
    this.#news = keys.outboxNews(database);
  }

  /** Notes that a session's outbox has something. Resolves when that is noted; what fails is tried again. */
  note(tag: string): Promise<void> {
    this.#tags.add(tag);
    // Those of one tick in one go.
    return (this.#noting ??= Promise.resolve().then(() => this.#note()));
  }

  /** Hears that some outbox has something, until the returned function is called. May miss it. */
  listen(listener: () => void): () => void {
    this.#connection.subscribe(this.#news, listener);
    return () => this.#connection.unsubscribe(this.#news);
  }

  /** The tags of the sessions whose outboxes were noted to have something, and the note's number. */
  async waiting(after: number): Promise<[tag: string, number: number][]> {
    const found = await this.#connection.run(waitingScript, [this.#keys.waiting], [after]);
    return pairsOf(found as string[]).map(([tag, number]) => [tag, Number(number)]);
  }

  /** Takes back that a session's outbox has something, unless it was noted again since the note of a number. */
  async forget(tag: string, number: number): Promise<void> {
    await this.#connection.run(forgetScript, [this.#keys.waiting], [tag, number]);
  }

  /** Reads what came after a change, or all. */
  async read(tag: string, after: string | undefined, most: number): Promise<OutboxContent> {
    const keys = [this.#keys.outbox(tag), this.#keys.outboxMarks(tag)];
    const answer = await this.#connection.run(readScript, keys, [after ?? '-', most]);
    const [changes, marks, dropped] = answer as [
      [id: string, fields: [name: string, change: string]][],
      string[],
      string,
    ];
    return {
      changes: changes.map(([id, [, change]]) => ({ id, change: JSON.parse(change) as RecordedChange })),
      marks: new Map(pairsOf(marks)),
      dropped: Number(dropped),
    };
  }

  /**
   * Takes out what nobody has to be told any more.
   *
   * @param through The last of those changes.
   * @param marks The last change that single URLs were told, where others have to be told it yet.
   */
  async settle(tag: string, through: string | undefined, marks: ReadonlyMap<string, string>): Promise<void> {
    const keys = [this.#keys.outbox(tag), this.#keys.outboxMarks(tag)];
    const [time, number] = through === undefined ? [] : partsOf(through);
    const first = time === undefined ? '' : `${time}-${number! + 1}`;
    await this.#connection.run(settleScript, keys, [outboxKept, first, ...[...marks].flat()]);
  }

  /** Gives up what couldn't be noted. */
  close(): void {
    this.#closed = true;
  }

  async #note(): Promise<void> {
    while (this.#tags.size) {
      const tags = this.#tags;
      this.#tags = new Set();
      const { waiting, noted } = this.#keys;
      try {
        await this.#connection.run(noteScript, [waiting, noted], [outboxKept, this.#news, ...tags]);
      } catch {
        if (this.#closed) break;
        for (const tag of tags) this.#tags.add(tag);
        await new Promise((resolve) => setTimeout(resolve, pause).unref());
      }
    }
    this.#noting = undefined;
  }
}

/** The pairs of an answer that has them one after the other. */
function pairsOf(answer: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at < answer.length; at += 2) pairs.push([answer[at]!, answer[at + 1]!]);
  return pairs;
}
