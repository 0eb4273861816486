/** An object with listeners that are added by `on` and taken away by `off`, as most platforms' objects have them. */
export interface Listenable {
  on(event: never, listener: never): unknown;
  off(event: never, listener: never): unknown;
}

/** Whether an object has functions of these names. */
export const hasMethods = (candidate: Partial<Record<string, unknown>>, ...names: string[]): boolean =>
  names.every((name) => typeof candidate[name] === 'function');

/** Adds listeners to an object, by event, and returns what takes them away. */
export function listen(
  object: Listenable,
  listeners: Readonly<Record<string, (...args: never[]) => void>>,
): () => void {
  const entries = Object.entries(listeners);
  for (const [event, listener] of entries) object.on(event as never, listener as never);
  return () => {
    for (const [event, listener] of entries) object.off(event as never, listener as never);
  };
}
