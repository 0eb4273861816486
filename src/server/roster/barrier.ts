import type { RosterState } from './roster-engine.js';

/** What an engine says of a session: a state, with whatever else it tells. */
export type RosterNews = RosterState & {
  readonly parts?: readonly string[];
  readonly by?: string;
  readonly own?: number;
};

const nobody: readonly string[] = [];

/**
 * Keeps a process from taking a roster for whole that the engine lost, before all who had a part in it have told anew
 * whom they have. Whoever says nothing is waited for as long as a lease lasts: then it is dead.
 */
export class Barrier {
  readonly #lease: number;
  /** Those besides this process that have connections in the roster. */
  #parts = nobody;
  #awaited = nobody;
  /** Those that had some when the roster was lost; undefined once this process has told anew whom it has. */
  #before: readonly string[] | undefined;
  #until = 0;

  /** @param lease In ms. */
  constructor(lease: number) {
    this.#lease = lease;
  }

  /** The incarnations besides this process that had connections when the roster was last whole, as far as is known. */
  get others(): readonly string[] {
    if (!this.#awaited.length && !this.#before) return this.#parts;
    return [...new Set([...(this.#before ?? nobody), ...this.#awaited, ...this.#parts])];
  }

  /** The roster was lost, and this process hasn't told anew whom it has. */
  get isDue(): boolean {
    return !!this.#before;
  }

  /** Notes that this process has told anew whom it has. */
  told(): void {
    this.#before = undefined;
  }

  /**
   * Takes news that isn't older than what is known.
   *
   * @param self This process's incarnation.
   * @param lost Whether another roster was known, of an earlier epoch.
   * @param now In ms.
   */
  hear(news: RosterNews, self: string, lost: boolean, now: number): void {
    const awaited = news.awaited ?? nobody;
    if (lost) {
      this.#before = this.others;
      this.#parts = nobody;
      this.#until = now + this.#lease;
    } else if (awaited.length && !this.#awaited.length && !this.#before) {
      // An epoch begins with the time when the roster was lost, by the engine's clock, which may be another.
      this.#until = Math.min(now, news.epoch) + this.#lease;
    }
    if (awaited.includes(self)) this.#before ??= nobody;
    this.#awaited = awaited.filter((each) => each !== self);
    this.#hearParts(news, self);
  }

  /** Whether somebody is still to be waited for. */
  stands(now: number): boolean {
    return (!!this.#before || this.#awaited.length > 0) && now < this.#until;
  }

  #hearParts({ parts, by, own = 0 }: RosterNews, self: string): void {
    const known = this.#parts;
    if (parts)
      this.#parts = parts.length > 1 || parts[0] !== self ? parts.filter((part) => part !== self) : nobody;
    else if (by === undefined || by === self || own > 0 === known.includes(by)) return;
    else this.#parts = own > 0 ? [...known, by] : known.filter((part) => part !== by);
  }
}
