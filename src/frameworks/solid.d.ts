import type { JSX } from 'solid-js';
import type { SessionConnectionCountElement } from '../element/index.js';
import type { Attributes, Events } from './attributes.js';

/** What the element takes in JSX. */
export type SessionConnectionCountProps = JSX.HTMLAttributes<SessionConnectionCountElement> &
  Attributes & {
    [Name in keyof Attributes as `attr:${Name}`]?: Attributes<string>[Name];
  } & {
    [Name in 'session' | 'tokenProvider' as Name | `prop:${Name}`]?: SessionConnectionCountElement[Name];
  } & {
    [Type in keyof Events as `on:${Type}`]?: ((event: Events[Type]) => void) | undefined;
  };

declare module 'solid-js' {
  namespace JSX {
    interface IntrinsicElements {
      'session-connection-count': SessionConnectionCountProps;
    }
  }
}
