import type { HTMLAttributes } from 'svelte/elements';
import type { SessionConnectionCountElement } from '../element/index.js';
import type { Attributes, Events } from './attributes.js';

/** What the element takes in a template. Svelte would write `false` into an attribute: leave it out by `null`. */
export type SessionConnectionCountProps = HTMLAttributes<SessionConnectionCountElement> &
  Attributes<true | ''> &
  Partial<Pick<SessionConnectionCountElement, 'session' | 'tokenProvider'>> & {
    [Type in keyof Events as `on${Type}`]?: ((event: Events[Type]) => void) | undefined;
  };

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'session-connection-count': SessionConnectionCountProps;
  }
}
