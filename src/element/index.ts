export * from './event-details.js';
export { SessionConnectionCountElement } from './session-connection-count.js';
