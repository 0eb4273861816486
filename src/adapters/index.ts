import { SessionError } from '../protocol/session-error.js';
import type { ConnectionSource } from '../session/connection-source.js';
import type { Adapter } from './adapter.js';
import { adapters } from './platforms/index.js';

export { adapter, type Adapter, type AdapterOptions } from './adapter.js';
export { AdaptedSource, type Attach, type Present, type SourceReport } from './adapted-source.js';
export * from './platforms/index.js';

/**
 * Makes a ConnectionSource of the object of any platform that there is an adapter for.
 *
 * @throws {SessionError} 1011 where there is none; it names those that there are.
 */
export function sourceOf(object: unknown): ConnectionSource {
  const candidate = Object(object) as Partial<Record<string, unknown>>;
  const found = adapters.find(({ matches }) => matches(candidate));
  if (found) return (found as Adapter<object>)(candidate);
  const known = adapters.map(({ platform, object }) => `${object} (${platform})`).join(', ');
  throw new SessionError(
    1011,
    `The property "session" has an object of no known shape: set it to a ConnectionSource, ${known}, or write an adapter`,
    true,
  );
}
