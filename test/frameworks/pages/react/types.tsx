import { createRef } from 'react';
import type { SessionConnectionCountElement } from 'session-connection-count';
import type {} from 'session-connection-count/react';

const ref = createRef<SessionConnectionCountElement>();

export const right = [
  <session-connection-count key="1" ref={ref} className="badge" lang="de" hidden />,
  <session-connection-count session-id="lobby" observe exclude-self={false} notation="compact" for="field" />,
  <session-connection-count session={new EventTarget()} tokenProvider={() => Promise.resolve('')} />,
  <session-connection-count
    onsession-state-change={({ detail }) => detail.state === 'connected'}
    onsession-error={(event) => event.preventDefault()}
  >
    <b>many</b> people
  </session-connection-count>,
];

export const wrong = [
  // @ts-expect-error There is no such property.
  <session-connection-count sessionID="lobby" />,
  // @ts-expect-error A session is named by a string.
  <session-connection-count session-id={1} />,
  // @ts-expect-error There is no such notation.
  <session-connection-count notation="short" />,
  // @ts-expect-error What is shown is not for a page to set.
  <session-connection-count count={1} />,
  // @ts-expect-error The detail has no such thing.
  <session-connection-count onsession-count-change={({ detail }) => detail.total} />,
  // @ts-expect-error It is another element.
  <session-connection-count ref={createRef<HTMLInputElement>()} />,
  // @ts-expect-error React 19 alone knows this element: its name is written like this.
  <session-connection-counter />,
];
