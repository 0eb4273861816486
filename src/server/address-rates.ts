import { Rate, type RateLimit } from './rate.js';

/** How many addresses are remembered before those that have been quiet are forgotten. */
const mostAddresses = 10_000;

/** Holds each address to a rate of its own. */
export class AddressRates {
  readonly #limit: RateLimit;
  #rates = new Map<string, Rate>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** Takes one for an address; false where it is one too many. */
  take(address: string, now: number): boolean {
    let rate = this.#rates.get(address);
    if (!rate) {
      // An address that is forgotten too early begins with a whole burst again: no harm, next to growing without end.
      if (this.#rates.size >= mostAddresses) this.#rates = new Map();
      this.#rates.set(address, (rate = new Rate(this.#limit, now)));
    }
    return rate.take(now);
  }
}
