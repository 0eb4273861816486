import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { SessionConnectionCountElement } from '../element/index.js';
import type { Attributes, Events } from './attributes.js';

/** What the element takes in JSX, from React 19 on. */
export type SessionConnectionCountProps = DetailedHTMLProps<
  HTMLAttributes<SessionConnectionCountElement>,
  SessionConnectionCountElement
> &
  Attributes &
  Partial<Pick<SessionConnectionCountElement, 'session' | 'tokenProvider'>> & {
    [Type in keyof Events as `on${Type}`]?: ((event: Events[Type]) => void) | undefined;
  };

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'session-connection-count': SessionConnectionCountProps;
    }
  }
}
