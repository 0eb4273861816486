const shortest = 500;
const longest = 20_000;

/** How long to wait before a try, in ms: full jitter over 0.5 s, doubled with each failure, to 20 s. */
export const backoff = (failures: number): number =>
  Math.random() * Math.min(longest, shortest * 2 ** failures);
