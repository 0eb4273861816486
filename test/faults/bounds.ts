import { sharedLease } from '../../src/server/live-session/index.js';

/** How long a process holds its lease that says nothing, in ms. */
export const lease = sharedLease;

/** What a process that died may take to be out of the count, in ms. */
export const reaped = lease + 1_500;

/** What a bound, in ms, may become on a computer that is busy with other tests. */
export const withSlack = (bound: number): number => 2 * bound + 2_000;

/** What to print of something that took a time, in ms, and has to be done within a bound. */
export const measured = (what: string, took: number, bound: number): string =>
  `${what}: ${Math.round(took)} ms, promised ${bound} ms`;
