import { SessionConnectionCountElement } from './element/index.js';

export * from './element/index.js';
export type * from './client/index.js';
export { Session, SessionError } from './client/index.js';

if (globalThis.customElements) SessionConnectionCountElement.define();
