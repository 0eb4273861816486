import { SessionConnectionCountElement } from './element/index.js';

export * from './element/index.js';
export * from './session/index.js';
export { Session, SessionError, type Role, type SessionOptions } from './client/index.js';

if (globalThis.customElements) SessionConnectionCountElement.define();
