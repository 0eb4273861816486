export { SessionError } from '../protocol/session-error.js';
export type { Role } from '../protocol/connection.js';
export * from '../session/index.js';
export { Session, type SessionOptions } from './session.js';
export { shareSession, type SharedSession } from './shared-session.js';
export { fetchToken } from './token-url.js';
export { Tokens, type TokenSource } from './tokens.js';
