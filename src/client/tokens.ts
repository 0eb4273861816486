/**
 * Gives a client token, or undefined where there is none. Gets the token that the server refused last, so
 * that a source that can make a fresh one doesn't give the same again.
 */
export type TokenSource = (refused: string | undefined) => string | undefined | Promise<string | undefined>;

/**
 * The tokens that a session may join with. The first that the server accepts serves, the others are
 * spares. After a refusal each source is asked once more.
 */
export class Tokens {
  readonly #changed: () => void;
  readonly #sources = new Set<TokenSource>();
  readonly #refused = new Set<string>();
  #refusals = 0;
  #lastRefused: string | undefined;

  /** @param changed Called when another source may help. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Adds a source and returns what takes it back. */
  add(source: TokenSource): () => void {
    this.#sources.add(source);
    this.#changed();
    return () => this.#sources.delete(source);
  }

  /** The next token to try; undefined where there is none left. Rejects as a source does where no other has one. */
  async next(): Promise<string | undefined> {
    let failure: Error | undefined;
    for (const source of this.#refusals > this.#sources.size ? [] : this.#sources) {
      try {
        const token = await source(this.#lastRefused);
        if (token && !this.#refused.has(token)) return token;
      } catch (error) {
        failure = error as Error;
      }
    }
    if (failure) throw failure;
    return undefined;
  }

  refuse(token: string | undefined): void {
    this.#refusals++;
    this.#lastRefused = token;
    if (token) this.#refused.add(token);
  }

  accept(): void {
    this.#refusals = 0;
  }

  /** Gives every token another chance. */
  retry(): void {
    this.accept();
    this.#refused.clear();
  }
}
