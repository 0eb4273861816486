import { SessionConnectionCountElement } from './element/index.js';

export * from './client/index.js';
export * from './element/index.js';

if (globalThis.customElements) SessionConnectionCountElement.define();
