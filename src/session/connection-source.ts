import type { Connection, ConnectionReason } from '../protocol/connection.js';
import type {
  ConnectionEvent,
  CountChangeEvent,
  SessionConnectEvent,
  SessionDisconnectEvent,
  SessionErrorEvent,
  StateChangeEvent,
} from './events.js';
import type { SessionState } from './session-state.js';

/** The events of a {@link ConnectionSource} by type. The count is set before the events of a change fire. */
export interface ConnectionSourceEventMap {
  /** In the session; carries everyone who is. */
  sessionConnected: SessionConnectEvent;
  /** Others came, after oneself. */
  connectionCreated: ConnectionEvent;
  /** Others left. Never dispatched for one's own connection. */
  connectionDestroyed: ConnectionEvent;
  /** The way to the session broke; the number shown is the last known one. */
  sessionReconnecting: Event;
  /** Back with the same connection; what was missed follows. */
  sessionReconnected: Event;
  /** One's own connection ended. */
  sessionDisconnected: SessionDisconnectEvent;
  countChanged: CountChangeEvent;
  stateChanged: StateChangeEvent;
  sessionError: SessionErrorEvent;
}

/** Anything that knows how many connections a session has and says when that changes. */
export interface ConnectionSource extends EventTarget {
  readonly state: SessionState;
  /** Why, for `disconnected`. */
  readonly reason?: ConnectionReason | undefined;
  /** The running total. Undefined until known; never a guess, never NaN, never below 0. */
  readonly count: number | undefined;
  /** The count is the last known one, not the present one. */
  readonly stale: boolean;
  /** One's own connection is in `count`. */
  readonly selfCounted: boolean;
  /** One's own connection. */
  readonly connection: Connection | undefined;
  /** By id, one's own included; undefined where only the total is known. */
  readonly connections: ReadonlyMap<string, Connection> | undefined;

  addEventListener<Type extends keyof ConnectionSourceEventMap>(
    type: Type,
    listener: (event: ConnectionSourceEventMap[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof ConnectionSourceEventMap>(
    type: Type,
    listener: (event: ConnectionSourceEventMap[Type]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}
