import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/**
 * The address that a request came from, behind a number of proxies: each adds the address that it was called from
 * to the end of X-Forwarded-For, so the last ones are true and what is before them anybody could have written.
 *
 * @param trustedProxies How many proxies of one's own are in front.
 */
export function clientAddress(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  trustedProxies: number,
): string {
  const forwarded = headers['x-forwarded-for'];
  const passed = (Array.isArray(forwarded) ? forwarded.join() : (forwarded ?? '')).split(',');
  const named = trustedProxies ? passed.at(-trustedProxies)?.trim() : undefined;
  return network((named || (socket.remoteAddress ?? '')).slice(0, longestAddress));
}

/** In characters: beyond it a text is no address, but something that would be kept for one. */
const longestAddress = 64;

/** What counts as one client: an IPv4 address, or the network of 64 bits that one holder of IPv6 has. */
function network(address: string): string {
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (v4 || !isIPv6(address)) return v4 ?? address;
  // URL writes it in its shortest form, whose left half may be cut short by `::`.
  const [left = '', right] = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const groups = left ? left.split(':') : [];
  const missing = right === undefined ? 0 : 8 - groups.length - (right ? right.split(':').length : 0);
  const all = [...groups, ...Array<string>(missing).fill('0'), ...(right ? right.split(':') : [])];
  return `${all.slice(0, 4).join(':')}::/64`;
}
