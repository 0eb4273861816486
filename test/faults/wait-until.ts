import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until something is so.
 *
 * @param what For the error's message.
 * @param limit In ms.
 * @returns How long it took, in ms.
 */
export async function waitUntil(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limit = 30_000,
): Promise<number> {
  const began = performance.now();
  while (!(await isSo())) {
    if (performance.now() - began > limit) throw new Error(`Not in ${limit} ms: ${what}`);
    await wait(10);
  }
  return performance.now() - began;
}
