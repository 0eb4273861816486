import type { Connection, ConnectionReason } from '../protocol/connection.js';
import type { SessionError } from '../protocol/session-error.js';
import type { SessionState } from './session-state.js';

/**
 * Dispatched when connections were created (`connectionCreated`) or ended (`connectionDestroyed`), as on
 * OpenTok 1.0's ConnectionEvent page. One event may carry many connections.
 */
export class ConnectionEvent extends Event {
  /** The connections that were created or ended. Compare `connectionId` with that of the source's own `connection`. */
  readonly connections: readonly Connection[];
  /** Why they ended; undefined for `connectionCreated`. */
  readonly reason: ConnectionReason | undefined;

  constructor(
    type: 'connectionCreated' | 'connectionDestroyed',
    connections: readonly Connection[],
    reason?: ConnectionReason,
  ) {
    super(type);
    this.connections = connections;
    this.reason = reason;
  }
}

/** Dispatched as `sessionConnected` when one's own connection is in the session. */
export class SessionConnectEvent extends Event {
  /** All connections at that moment, one's own included. Empty where the source knows the total alone. */
  readonly connections: readonly Connection[];

  constructor(connections: readonly Connection[]) {
    super('sessionConnected');
    this.connections = connections;
  }
}

/** Dispatched as `sessionDisconnected` when one's own connection ended. The collection is empty from then on. */
export class SessionDisconnectEvent extends Event {
  readonly reason: ConnectionReason;

  constructor(reason: ConnectionReason) {
    super('sessionDisconnected');
    this.reason = reason;
  }
}

/** Dispatched as `countChanged` when the total changed, or whether it is stale, or whether `connections` is known. */
export class CountChangeEvent extends Event {
  readonly count: number | undefined;
  readonly previous: number | undefined;

  constructor(count: number | undefined, previous: number | undefined) {
    super('countChanged');
    this.count = count;
    this.previous = previous;
  }
}

/** Dispatched as `stateChanged`. */
export class StateChangeEvent extends Event {
  readonly state: SessionState;
  /** Why, for `disconnected`. */
  readonly reason: ConnectionReason | undefined;

  constructor(state: SessionState, reason?: ConnectionReason) {
    super('stateChanged');
    this.state = state;
    this.reason = reason;
  }
}

/** Dispatched as `sessionError`. Never holds a token. */
export class SessionErrorEvent extends Event {
  readonly error: SessionError;

  constructor(error: SessionError) {
    super('sessionError');
    this.error = error;
  }
}
