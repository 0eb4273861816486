import type { ConnectionSource } from '../session/connection-source.js';
import { AdaptedSource, type Attach } from './adapted-source.js';

/** What {@link adapter} takes. */
export interface AdapterOptions<Platform extends object> {
  /** The platform's name. */
  readonly platform: string;
  /** What its object is, for whoever has another. */
  readonly object: string;
  /** Whether something is such an object. Looks at nothing that could have an effect. */
  readonly matches: (candidate: Partial<Record<string, unknown>>) => boolean;
  readonly attach: (object: Platform, ...report: Parameters<Attach>) => ReturnType<Attach>;
}

/** Makes a ConnectionSource of a platform's object; of one object always the same. */
export interface Adapter<Platform extends object> extends Omit<AdapterOptions<Platform>, 'attach'> {
  (object: Platform): ConnectionSource;
}

/**
 * Makes an adapter.
 *
 * @example
 * const chat = adapter({
 *   platform: 'Chat',
 *   object: 'a channel that was joined',
 *   matches: ({ members, onMembers }) => Array.isArray(members) && typeof onMembers === 'function',
 *   attach(channel, report) {
 *     report.connected(channel.members.length);
 *     return channel.onMembers(() => report.counted(channel.members.length));
 *   },
 * });
 * element.session = chat(channel);
 */
export function adapter<Platform extends object>({
  attach,
  ...options
}: AdapterOptions<Platform>): Adapter<Platform> {
  const sources = new WeakMap<Platform, ConnectionSource>();
  const adapt = (object: Platform): ConnectionSource => {
    const source = sources.get(object) ?? new AdaptedSource((report) => attach(object, report));
    sources.set(object, source);
    return source;
  };
  return Object.assign(adapt, options);
}
