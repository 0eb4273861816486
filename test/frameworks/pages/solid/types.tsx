import type { SessionConnectionCountElement } from 'session-connection-count';
import type {} from 'session-connection-count/solid';

let element: SessionConnectionCountElement | undefined;

export const right = () => [
  <session-connection-count ref={element} class="badge" lang="de" hidden />,
  <session-connection-count session-id="lobby" observe exclude-self={false} notation="compact" for="field" />,
  <session-connection-count attr:session-id="lobby" attr:exclude-self="" prop:session={new EventTarget()} />,
  <session-connection-count tokenProvider={() => Promise.resolve('')}>many</session-connection-count>,
  <session-connection-count
    on:session-state-change={({ detail }) => detail.state === 'connected'}
    on:session-error={(event) => event.preventDefault()}
  />,
];

export const wrong = () => [
  // @ts-expect-error There is no such property.
  <session-connection-count sessionID="lobby" />,
  // @ts-expect-error A session is named by a string.
  <session-connection-count session-id={1} />,
  // @ts-expect-error An attribute is text.
  <session-connection-count attr:exclude-self={false} />,
  // @ts-expect-error There is no such notation.
  <session-connection-count notation="short" />,
  // @ts-expect-error What is shown is not for a page to set.
  <session-connection-count count={1} />,
  // @ts-expect-error The detail has no such thing.
  <session-connection-count on:session-count-change={({ detail }) => detail.total} />,
];
