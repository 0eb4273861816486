export * from './client-frames.js';
export * from './close-code.js';
export * from './connection.js';
export * from './endpoint.js';
export * from './roster-version.js';
export * from './server-frames.js';
export * from './session-error.js';
export * from './session-id.js';
