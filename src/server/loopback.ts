import { isIPv4 } from 'node:net';

/** Whether a host name, as in a setting or a URL, means this computer alone. */
export const isLoopback = (host: string): boolean =>
  ['localhost', '::1', '[::1]'].includes(host.toLowerCase()) || (isIPv4(host) && host.startsWith('127.'));
