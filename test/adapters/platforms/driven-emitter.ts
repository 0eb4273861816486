import type { EventEmitter } from 'node:events';

/** How many listeners an emitter has, of all events. */
export const listenersOf = (emitter: EventEmitter): number =>
  emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);

/** Ids of connections, each another: `a1`, `a2` and so on. */
export function newIds(): () => string {
  let last = 0;
  return () => `a${++last}`;
}

/** Makes some of what a function makes. */
export const several = <Type>(count: number, make: () => Type): Type[] => Array.from({ length: count }, make);
