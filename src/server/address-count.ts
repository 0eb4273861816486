/** How many sockets each address has open. */
export class AddressCount {
  readonly #open = new Map<string, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more; false where that is one too many. Either way it has to be given back. */
  take(address: string): boolean {
    const open = (this.#open.get(address) ?? 0) + 1;
    this.#open.set(address, open);
    return open <= this.#most;
  }

  giveBack(address: string): void {
    const open = this.#open.get(address)! - 1;
    if (open) this.#open.set(address, open);
    else this.#open.delete(address);
  }
}
