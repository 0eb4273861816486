/** What a {@link Remembered} takes. */
export interface RememberedOptions {
  /** How long each is remembered, in ms. */
  readonly keptFor: number;
  /** How many are remembered; beyond it the oldest is forgotten. Default: 100,000. */
  readonly most?: number;
}

/** Names of sessions' clients or connections that are remembered for a time. */
export class Remembered {
  readonly #keptFor: number;
  readonly #most: number;
  readonly #until = new Map<string, number>();

  constructor({ keptFor, most = 100_000 }: RememberedOptions) {
    this.#keptFor = keptFor;
    this.#most = most;
  }

  /** @param now In ms. */
  add(sessionId: string, name: string, now: number): void {
    this.#until.delete(`${name}\n${sessionId}`);
    this.#until.set(`${name}\n${sessionId}`, now + this.#keptFor);
    for (const [oldest, until] of this.#until) {
      if (until > now && this.#until.size <= this.#most) break;
      this.#until.delete(oldest);
    }
  }

  /** @param now In ms. */
  has(sessionId: string, name: string, now: number): boolean {
    return (this.#until.get(`${name}\n${sessionId}`) ?? 0) > now;
  }

  clear(): void {
    this.#until.clear();
  }
}
