import type { DefineComponent, HTMLAttributes } from 'vue';
import type { SessionConnectionCountElement } from '../element/index.js';
import type { Attributes, Events } from './attributes.js';

type CamelCase<Name extends string> = Name extends `${infer Start}-${infer Rest}`
  ? `${Start}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** What the element takes in a template. Vue would write `false` into an attribute: leave it out by `null`. */
export type SessionConnectionCountProps = HTMLAttributes & {
  [Name in keyof Attributes as CamelCase<Name>]?: Attributes<true | ''>[Name];
} & Partial<Pick<SessionConnectionCountElement, 'session' | 'tokenProvider'>>;

type Emits = { [Type in keyof Events]: (event: Events[Type]) => void };
type None = Record<never, never>;

declare module 'vue' {
  interface GlobalComponents {
    'session-connection-count': DefineComponent<
      SessionConnectionCountProps,
      None,
      None,
      None,
      None,
      None,
      None,
      Emits
    >;
  }
}
