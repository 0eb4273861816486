import { isLater } from '../../protocol/roster-version.js';
import type { Roster, RosterStep, RosterState } from '../roster/index.js';
import { ConnectionList } from './connection-list.js';

/** What a {@link RosterFollower} takes. */
export interface RosterFollowerOptions {
  readonly sessionId: string;
  readonly roster: Pick<Roster, 'watch' | 'read' | 'list' | 'isSettled' | 'isReachable'>;
  /** Called when there is news; urgent where the first came or the last left. */
  readonly onNews: (urgent: boolean) => void;
}

/** When what couldn't be read, or wasn't whole, is read again, in ms. */
const readRetry = 1_000;
const wholeRetry = 250;

/** Follows one session's roster: how many are in it, and, while somebody wants to know, who. */
export class RosterFollower {
  /** Resolves when the roster's state was read once, and was whole. */
  readonly ready: Promise<void>;
  readonly #sessionId: string;
  readonly #roster: RosterFollowerOptions['roster'];
  readonly #onNews: (urgent: boolean) => void;
  readonly #unwatch: () => void;
  #closed = false;
  #state: RosterState = { epoch: 0, seq: 0, count: 0 };
  /** The latest of a roster that was lost, as long as it may lack somebody. */
  #partial: RosterState | undefined;
  #list: ConnectionList | undefined;
  /** What changed while the list is being loaded; undefined while it isn't. */
  #early: RosterStep[] | undefined;

  constructor({ sessionId, roster, onNews }: RosterFollowerOptions) {
    this.#sessionId = sessionId;
    this.#roster = roster;
    this.#onNews = onNews;
    this.#unwatch = roster.watch(
      sessionId,
      (step) => this.#receive(step),
      () => this.#doubt(),
    );
    this.ready = this.#begin();
  }

  get state(): RosterState {
    return this.#state;
  }

  /** The state may be an earlier one, since the present one isn't known for sure. */
  get stale(): boolean {
    return !!this.#partial || !this.#roster.isReachable(this.#sessionId);
  }

  /** The list; undefined where nobody asked for it, or it isn't whole yet. */
  get list(): ConnectionList | undefined {
    return this.#list;
  }

  /**
   * Takes a state if it is later than the one known. One that may lack who didn't come back yet, since the engine lost
   * its data, makes the known one stale instead.
   */
  advance({ epoch, seq, count }: RosterState): void {
    const state = { epoch, seq, count };
    if (!isLater(state, this.#partial ?? this.#state)) return;
    this.#partial = state;
    if (!this.settle()) this.#onNews(false);
  }

  /** Takes what was kept back, once nobody is missing. False where nothing was. */
  settle(): boolean {
    const partial = this.#partial;
    if (!partial || !this.#roster.isSettled(this.#sessionId)) return false;
    const known = this.#state;
    this.#partial = undefined;
    this.#state = partial;
    this.#onNews(!partial.count !== !known.count);
    return true;
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

  #receive(step: RosterStep): void {
    this.#early?.push(step);
    if (this.#list) {
      const version = this.#list.latest;
      if (!this.#list.receive(step)) this.#list = undefined;
      // The answer to a write may have told the state before, but never who.
      if (this.#list?.latest !== version) this.#onNews(false);
    }
    this.advance(step);
  }

  #doubt(): void {
    if (!this.settle()) this.#onNews(false);
  }

  async #begin(): Promise<void> {
    while (!this.#closed) {
      let pause = readRetry;
      try {
        const state = await this.#roster.read(this.#sessionId);
        if (this.#roster.isSettled(this.#sessionId)) return this.advance(state);
        pause = wholeRetry;
      } catch {
        // It is asked again.
      }
      await new Promise((resolve) => setTimeout(resolve, pause).unref());
    }
  }

  async #loadList(): Promise<void> {
    const early: RosterStep[] = (this.#early = []);
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
