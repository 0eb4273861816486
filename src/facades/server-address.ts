import { SessionError } from '../protocol/session-error.js';

/** The folder that a classic script came from; a module has none. */
const scriptFolder = ((): string | undefined => {
  const script = globalThis.document?.currentScript;
  return script && 'src' in script && script.src ? new URL('.', script.src).href : undefined;
})();

/**
 * The session server that a facade's sessions connect to.
 *
 * @param chosen What the page set as `TB.server` or `OT.server`. Default: where the script came from.
 * @throws {SessionError} 1011 where neither is known.
 */
export function serverAddress(chosen: string | undefined): string {
  const address = chosen ?? scriptFolder;
  if (address) return address;
  throw new SessionError(
    1011,
    'The session server is not known: set TB.server or OT.server to its address',
    true,
  );
}
