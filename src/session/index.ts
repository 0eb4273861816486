export { connectionReasons, type Connection, type ConnectionReason } from '../protocol/connection.js';
export { SessionError } from '../protocol/session-error.js';
export * from './connection-source.js';
export * from './events.js';
export * from './running-total.js';
export type * from './session-state.js';
