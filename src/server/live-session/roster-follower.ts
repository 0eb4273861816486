import { isLater } from '../../protocol/roster-version.js';
import type { Roster, RosterChange, RosterState } from '../roster/index.js';
import { ConnectionList } from './connection-list.js';

/** What a {@link RosterFollower} takes. */
export interface RosterFollowerOptions {
  readonly sessionId: string;
  readonly roster: Pick<Roster, 'watch' | 'read' | 'list' | 'isSettled'>;
  /** Called when there is news; urgent where the first came or the last left. */
  readonly onNews: (urgent: boolean) => void;
}

/** When what couldn't be read is read again, in ms. */
const readRetry = 1_000;

/** Follows one session's roster: how many are in it, and, while somebody wants to know, who. */
export class RosterFollower {
  /** Resolves when the roster's state was read once. */
  readonly ready: Promise<void>;
  readonly #sessionId: string;
  readonly #roster: RosterFollowerOptions['roster'];
  readonly #onNews: (urgent: boolean) => void;
  readonly #unwatch: () => void;
  #closed = false;
  #state: RosterState = { epoch: 0, seq: 0, count: 0 };
  /** The latest of a roster that is being made anew, as long as it has fewer connections than there were. */
  #partial: RosterState | undefined;
  #list: ConnectionList | undefined;
  /** What changed while the list is being loaded; undefined while it isn't. */
  #early: RosterChange[] | undefined;

  constructor({ sessionId, roster, onNews }: RosterFollowerOptions) {
    this.#sessionId = sessionId;
    this.#roster = roster;
    this.#onNews = onNews;
    this.#unwatch = roster.watch(sessionId, (change) => this.#receive(change));
    this.ready = this.#begin();
  }

  get state(): RosterState {
    return this.#state;
  }

  /** The state is an earlier one, since the present one isn't known for sure. */
  get stale(): boolean {
    return !!this.#partial;
  }

  /** The list; undefined where nobody asked for it, or it isn't whole yet. */
  get list(): ConnectionList | undefined {
    return this.#list;
  }

  /**
   * Takes a state if it is later than the one known. One that lacks whoever didn't come back yet, since the engine
   * lost its data, makes the known one stale instead.
   */
  advance({ epoch, seq, count }: RosterState): void {
    const state = { epoch, seq, count };
    if (!isLater(state, this.#partial ?? this.#state)) return;
    const known = this.#state;
    const isPartial = epoch > known.epoch && count < known.count && !this.#roster.isSettled(this.#sessionId);
    this.#partial = isPartial ? state : undefined;
    if (!isPartial) this.#state = state;
    this.#onNews(!count !== !known.count);
  }

  /** Takes what was kept back, once all who may come back had the time to. */
  settle(): void {
    const partial = this.#partial;
    if (!partial || !this.#roster.isSettled(this.#sessionId)) return;
    this.#partial = undefined;
    this.advance(partial);
  }

  /** The list, which begins to be loaded where there is none: its coming is news. */
  wantList(): ConnectionList | undefined {
    if (!this.#list && !this.#early && this.#roster.isSettled(this.#sessionId)) void this.#loadList();
    return this.#list;
  }

  /** Forgets the list until it is wanted again. */
  dropList(): void {
    this.#list = undefined;
  }

  close(): void {
    this.#closed = true;
    this.#unwatch();
  }

  #receive(change: RosterChange): void {
    this.#early?.push(change);
    if (this.#list && !this.#list.receive(change)) this.#list = undefined;
    this.advance(change);
  }

  async #begin(): Promise<void> {
    while (!this.#closed) {
      try {
        return this.advance(await this.#roster.read(this.#sessionId));
      } catch {
        await new Promise((resolve) => setTimeout(resolve, readRetry).unref());
      }
    }
  }

  async #loadList(): Promise<void> {
    const early: RosterChange[] = (this.#early = []);
    const loaded = await this.#roster.list(this.#sessionId).catch(() => undefined);
    this.#early = undefined;
    if (!loaded) {
      setTimeout(() => this.#onNews(false), readRetry).unref();
      return;
    }
    const list = new ConnectionList(loaded);
    // Older than what is known: the engine lost its data, and nobody has told it anew yet.
    if (!isLater(this.#state, loaded) && early.every((change) => list.receive(change))) this.#list = list;
    this.#onNews(true);
  }
}
