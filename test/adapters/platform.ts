import type { Adapter } from '../../src/adapters/index.js';
import type { ConnectionReason } from '../../src/session/index.js';

type Eventually<Type> = Type | Promise<Type>;

/**
 * A platform's object, driven as the platform would drive it. What isn't there can't happen on the platform. Nobody has
 * to be told when a promise resolves: whoever tests waits for that.
 */
export interface DrivenPlatform {
  readonly object: object;
  /** How many listeners the object has; undefined where it doesn't say. */
  readonly listening: number | undefined;
  /** The id of one's own connection; undefined where one has none, or isn't counted. */
  readonly own: string | undefined;
  /**
   * Gets into the session, where that many others are. May be called again after `disconnect`.
   *
   * @returns The ids of the others.
   */
  connect(others: number): Eventually<string[]>;
  /**
   * Somebody joins, also while one's own way is broken.
   *
   * @returns The id of the connection.
   */
  join(): Eventually<string>;
  /** @param reason Default: as somebody leaves of one's own accord. */
  leave(id: string, reason?: ConnectionReason): Eventually<void>;
  /** Breaks one's own way to the session. */
  breakOff?(): Eventually<void>;
  comeBack?(): Eventually<void>;
  /** Ends one's own part in the session; who else is there leaves too. */
  disconnect?(reason?: ConnectionReason): Eventually<void>;
  /** Ends what was started. */
  close?(): Eventually<void>;
}

/** What drives the object of a platform. */
export interface Drive {
  start(): Eventually<DrivenPlatform>;
}

/** What an adapter is tested against, in words for the README's table: what of it is real, with its version. */
export type Tested = { readonly against: string } & (
  | Drive
  /** A module of `test/sdks/` that is a {@link Drive}, with what is installed for it. */
  | { readonly sdk: string }
  /** A file with tests of its own, from the top. */
  | { readonly test: string }
);

/** What an adapter promises, and what it is tested against. */
export interface TestedPlatform {
  readonly adapter: Adapter<never>;
  /** The file of the adapter, which is the name of its own entry point too: `livekit`. */
  readonly entry: string;
  /** Whether the source lists who is there; else it has a number alone. */
  readonly lists: boolean;
  /** Whether one's own connection is in the number. */
  readonly selfCounted: boolean;
  /** What the number may lack, or have too much, in a few words; undefined where it is exact. */
  readonly inexact?: string;
  /** The reasons that the platform tells of others who leave; none where it tells no reason. */
  readonly reasons: readonly ConnectionReason[];
  readonly tested: readonly Tested[];
}
