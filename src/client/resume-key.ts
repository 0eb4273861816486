/**
 * The key that makes a later join the same connection. It waits in sessionStorage between two pages of
 * one tab and nowhere else: who takes it removes it, so that a duplicated tab finds none.
 */

const prefix = 'session-connection-count:';

/** 128 random bits, as text. */
export const newKey = (): string => crypto.getRandomValues(new Uint32Array(4)).join();

const read = (name: string): string[] =>
  JSON.parse(sessionStorage.getItem(prefix + name) ?? '[]') as string[];

/**
 * Leaves a key to the next page of the tab. A frame of the page may leave another for the same session.
 *
 * @returns false where storage is not to be had, as in a sandboxed frame.
 */
export function leaveKey(name: string, key: string): boolean {
  try {
    sessionStorage.setItem(prefix + name, JSON.stringify([...read(name), key].slice(-8)));
    return true;
  } catch {
    return false;
  }
}

/** Takes a key that an earlier page of the tab left. */
export function takeKey(name: string): string | undefined {
  try {
    const [key, ...others] = read(name);
    if (others.length) sessionStorage.setItem(prefix + name, JSON.stringify(others));
    else sessionStorage.removeItem(prefix + name);
    return key;
  } catch {
    return undefined;
  }
}
