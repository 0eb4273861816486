export { createSessionServer, type SessionServer, type SessionServerOptions } from './session-server.js';
export { issueClientToken, type ClientTokenOptions } from './tokens/index.js';
