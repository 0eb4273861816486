import type {
  ChangeFrame,
  CountFrame,
  DetailFrame,
  JoinedFrame,
  SnapshotFrame,
} from '../protocol/server-frames.js';
import { isLater, type RosterVersion } from '../protocol/roster-version.js';
import type { Connection } from '../protocol/connection.js';
import { RunningTotal, type Transition } from '../session/running-total.js';

/** A frame that says something about the roster, other than the answer to a join. */
export type RosterNews = CountFrame | ChangeFrame | SnapshotFrame | DetailFrame;

/**
 * What one client knows of a session's roster, made from the frames it gets. Pure: it knows neither
 * network nor time, so any order, loss or doubling of frames can be tried on it.
 */
export class RosterView {
  readonly total: RunningTotal;
  /** Whether the list of connections is wanted, not the total alone. */
  listed = false;
  /** Something is missing that a sync has to fetch. */
  behind = false;
  /** The server's list is due and didn't come yet. */
  get listDue(): boolean {
    return this.listed && !this.total.connections;
  }

  #held: number | undefined;
  #stale = false;
  #pages: { version: RosterVersion; connections: (readonly Connection[])[]; missing: number } | undefined;

  constructor(total = new RunningTotal()) {
    this.total = total;
  }

  /** The number to show. */
  get count(): number | undefined {
    return this.#held ?? this.total.count;
  }

  /** The number to show is not the present one. */
  get stale(): boolean {
    return this.#stale || this.held;
  }

  /** The number from before a restart is shown until the new roster reaches it or {@link release} is called. */
  get held(): boolean {
    return this.#held !== undefined;
  }

  /** What a sync asks for: everything after this. */
  get syncVersion(): RosterVersion {
    return (this.listed ? this.total.listVersion : this.total.version) ?? { epoch: 0, seq: 0 };
  }

  /**
   * Takes the answer to a join: it replaces whatever was known.
   *
   * @param hold Whether a larger number from an earlier epoch stays for the moment, because a restarted
   *   server counts up again while its clients come back.
   */
  join(frame: JoinedFrame, hold: boolean): void {
    const { count, total } = this;
    const restarted = total.version && total.version.epoch !== frame.epoch;
    total.restart({ epoch: frame.epoch, seq: frame.seq }, frame.count);
    this.#held = hold && restarted ? count : undefined;
    this.#settle(frame);
  }

  /** Takes any other news, sets {@link behind}, and returns what changed in the list. */
  receive(frame: RosterNews): Transition | undefined {
    const { total } = this;
    this.behind = false;
    if (frame.type === 'detail') {
      this.listed = false;
      this.forgetList();
      return undefined;
    }
    const version = { epoch: frame.epoch, seq: frame.seq };
    total.advance(version, frame.count);
    if (!isLater(total.version!, version)) this.#settle(frame);
    const list = total.listVersion;
    if (!this.listed || (list && !isLater(version, list))) return undefined;
    if (frame.type === 'snapshot') return this.#collect(frame, version);
    if (frame.type === 'change' && list?.epoch === frame.epoch && list.seq === frame.from) {
      return total.apply(frame.created, frame.destroyed, version);
    }
    // A list that is due comes by itself; a count that came before it may mean that it got lost.
    this.behind = frame.type === 'count' || !!list;
    return undefined;
  }

  /** Stops holding the number from before a restart. */
  release(): void {
    this.#held = undefined;
  }

  /** Forgets the list, whose connections ended with one's own. */
  forgetList(): void {
    this.total.forgetList();
    this.#pages = undefined;
  }

  /** Back to nothing known. */
  clear(): void {
    this.forgetList();
    this.total.clear();
    this.#held = undefined;
    this.#stale = false;
  }

  #settle(frame: { stale?: boolean }): void {
    this.#stale = !!frame.stale;
    if (this.held && this.total.count! >= this.#held!) this.release();
  }

  #collect(frame: SnapshotFrame, version: RosterVersion): Transition | undefined {
    let pages = this.#pages;
    if (!pages || isLater(version, pages.version) || isLater(pages.version, version)) {
      pages = this.#pages = { version, connections: [], missing: frame.pages };
    }
    if (!pages.connections[frame.page]) pages.missing--;
    pages.connections[frame.page] = frame.connections;
    if (pages.missing) return undefined;
    this.#pages = undefined;
    return this.total.replace(pages.connections.flat(), version);
  }
}
