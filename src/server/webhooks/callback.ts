import type { DeliveryState } from './delivery-queue.js';
import type { CallbackEvent } from './webhook-message.js';

/** A URL that gets a POST for each connection that comes, or for each that goes. */
export interface Callback {
  readonly id: string;
  readonly event: CallbackEvent;
  readonly url: string;
  /** In ms since the epoch. */
  readonly createdAt: number;
  /** It comes from the settings, and so goes with them alone. */
  readonly isSetting: boolean;
}

/** How the deliveries to a callback's URL go. */
export type CallbackState = Pick<DeliveryState, 'pending' | 'failingSince' | 'lastError'>;

/** How many callbacks there may be. */
export const mostCallbacks = 50;

/** Which URLs are told of what. */
export interface CallbackRegistry {
  /** Whether there is a secret to sign with. */
  readonly canSign: boolean;
  readonly callbacks: readonly Callback[];
  stateOf(callback: Callback): CallbackState;
  /**
   * Tells a URL of an event from now on. Where it is told already, that is the callback.
   *
   * @returns undefined where there are {@link mostCallbacks}.
   */
  register(event: CallbackEvent, url: URL): Callback | undefined | Promise<Callback | undefined>;
  /** Tells of an event no more. What waits for a URL without a callback is forgotten. */
  unregister(callback: Callback): void | Promise<void>;
}
