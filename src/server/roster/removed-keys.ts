/** How long a removed client stays out, in ms. */
const keptFor = 3_600_000;
/** How many keys are remembered; beyond it the oldest is forgotten. */
const mostKeys = 100_000;

/** The keys of connections that were removed by force, so that a client which comes back is told again. */
export class RemovedKeys {
  readonly #until = new Map<string, number>();

  add(sessionId: string, key: string, now: number): void {
    this.#until.set(`${key}\n${sessionId}`, now + keptFor);
    for (const [oldest, until] of this.#until) {
      if (until > now && this.#until.size <= mostKeys) break;
      this.#until.delete(oldest);
    }
  }

  has(sessionId: string, key: string, now: number): boolean {
    return (this.#until.get(`${key}\n${sessionId}`) ?? 0) > now;
  }
}
