export { isFirefox, meantBy, silenceLimit } from './departure.js';
export { heartbeat, type Joining, type LiveSession } from './live-session.js';
export type { ObservedConnection, SessionObserver } from './session-observer.js';
export { LiveSessions, sharedLease } from './live-sessions.js';
export type { Inlet, Outlet, Watcher } from './watcher.js';
