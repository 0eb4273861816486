export { attach, type AttachedSessionServer, type AttachOptions } from './attach.js';
export { createSessionServer, type SessionServer, type SessionServerOptions } from './session-server.js';
export type { SessionServiceOptions } from './session-service.js';
// Past the log's face too, for the same reason as with tokens.
export type { Log } from './log/log.js';
// Past the tokens' face, whose types name a package that is bundled and so not there for users.
export { issueClientToken, type ClientTokenOptions } from './tokens/client-token.js';
export { defaultLimits, type Limits } from './limits.js';
