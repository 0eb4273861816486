/** What TypeScript knows of the element in a page without a framework. Compiled, never run. */
import type {
  ConnectionSource,
  SessionConnectionCountElement,
  SessionCountChangeDetail,
  SessionState,
} from '../../src/index.js';

const element: SessionConnectionCountElement = document.createElement('session-connection-count');
const found: SessionConnectionCountElement | null = document.querySelector('session-connection-count');
export const count: number | undefined = found?.count;
export const source: ConnectionSource | undefined = element.source;

element.observe = true;
element.sessionId = 'lobby';
element.tokenProvider = () => Promise.resolve('a token');

element.addEventListener('session-count-change', ({ detail }) => {
  const { count, previous }: SessionCountChangeDetail = detail;
  return [count, previous];
});
element.addEventListener('session-state-change', ({ detail: { state } }) => {
  const known: SessionState = state;
  return known;
});
element.addEventListener('session-error', ({ detail: { code, fatal } }) => (fatal ? code.toFixed() : ''));
// They bubble: a page may listen further up.
document.body.addEventListener('session-error', ({ detail: { message } }) => message.trim());

// @ts-expect-error What is shown is not for a page to set.
element.count = 1;
// @ts-expect-error A switch is on or off.
element.observe = 'yes';
// @ts-expect-error Tokens come in a promise.
element.tokenProvider = () => 'a token';
// @ts-expect-error A property has its name in camel case.
element['session-id'] = 'lobby';
element.addEventListener('session-count-change', ({ detail }) => {
  // @ts-expect-error The detail has no such thing.
  return detail.total as number;
});
