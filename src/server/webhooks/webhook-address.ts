import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isLoopback } from '../loopback.js';

/** A URL, or the address behind its host, to which no webhook may go. The message is a sentence, without the URL's secrets. */
export class ForbiddenWebhookError extends Error {
  override readonly name = 'ForbiddenWebhookError';
}

/** The addresses of a host, as `dns.lookup` finds them. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** What a {@link WebhookAddresses} takes. */
export interface WebhookAddressOptions {
  /** Webhooks may go into private networks and to this computer. */
  readonly privateAllowed: boolean;
  /** Webhooks may go to this computer, also without TLS. */
  readonly development: boolean;
  /** Default: the system's resolver. */
  resolve?: Resolve;
}

/** In characters. */
const longestUrl = 2_048;
/** What is given out of IPv6 for the public; the rest is special, or nobody's yet. */
const publicIPv6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Says where webhooks may go: over TLS to public addresses, unless told otherwise. */
export class WebhookAddresses {
  readonly #privateAllowed: boolean;
  readonly #development: boolean;
  readonly #resolve: Resolve;

  constructor({ privateAllowed, development, resolve }: WebhookAddressOptions) {
    this.#privateAllowed = privateAllowed;
    this.#development = development;
    this.#resolve = resolve ?? ((hostname) => lookup(hostname, { all: true }));
  }

  /**
   * Reads a URL that webhooks shall go to. A host that is an address is checked here, since nobody looks it up; the
   * URL parser knows all its spellings.
   *
   * @throws {ForbiddenWebhookError} where they may not.
   */
  read(text: string): URL {
    if (text.length > longestUrl || !URL.canParse(text)) {
      throw new ForbiddenWebhookError(
        `A webhook needs a URL of at most ${longestUrl} characters, such as https://example.com/webhook`,
      );
    }
    const url = new URL(text);
    url.hash = '';
    if (
      url.protocol !== 'https:' &&
      !(url.protocol === 'http:' && this.#development && isLoopback(url.hostname))
    ) {
      throw new ForbiddenWebhookError(
        `The URL of a webhook has to start with https://${this.#development ? ', or with http:// on this computer' : ''}`,
      );
    }
    if (url.username || url.password) {
      throw new ForbiddenWebhookError(
        'The URL of a webhook may not hold a user name or a password: the signature says who calls',
      );
    }
    const address = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(address)) this.#assertAllowed(url, [address]);
    return url;
  }

  /**
   * Looks a URL's host up. A host that isn't found passes: it may be so later, and is looked up for each connection.
   *
   * @throws {ForbiddenWebhookError} where an address of it is forbidden.
   */
  async check(url: URL): Promise<void> {
    const found = await this.#resolve(url.hostname).catch(() => []);
    this.#assertAllowed(
      url,
      found.map(({ address }) => address),
    );
  }

  /** Looks up the host of a URL for a socket, which so connects to the very addresses that were checked. */
  lookup(url: URL): LookupFunction {
    return (hostname, { all }, callback) => {
      void this.#find(url, hostname).then(
        ([first, ...others]) => {
          if (all) callback(null, [first, ...others]);
          else callback(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, '', 0),
      );
    };
  }

  async #find(url: URL, hostname: string): Promise<[LookupAddress, ...LookupAddress[]]> {
    const [first, ...others] = await this.#resolve(hostname);
    if (!first) throw new Error(`The host ${hostname} has no address`);
    const found: [LookupAddress, ...LookupAddress[]] = [first, ...others];
    this.#assertAllowed(
      url,
      found.map(({ address }) => address),
    );
    return found;
  }

  #assertAllowed(url: URL, addresses: readonly string[]): void {
    const isHere = url.protocol === 'http:';
    if (addresses.every((address) => this.#allows(address, isHere))) return;
    // Without the address, which is nobody's business who only knows the name.
    throw new ForbiddenWebhookError(
      isHere
        ? `The host ${url.hostname} is not on this computer: a webhook to it has to start with https://`
        : `The host ${url.hostname} has an address that is not public: only a server with --webhook-private yes (WEBHOOK_PRIVATE) calls it`,
    );
  }

  #allows(address: string, isHere: boolean): boolean {
    const reach = reachOf(address);
    if (reach === 'loopback' && this.#development) return true;
    return !isHere && (reach === 'public' || this.#privateAllowed);
  }
}

/** Who can have an address: anybody, this computer alone, or something between that strangers don't get at. */
export function reachOf(address: string): 'public' | 'loopback' | 'private' {
  // As IPv4 where it is mapped into IPv6.
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range === 'loopback') return range;
  const isGiven = parsed.kind() === 'ipv4' || (parsed as ipaddr.IPv6).match(publicIPv6);
  return range === 'unicast' && isGiven ? 'public' : 'private';
}
