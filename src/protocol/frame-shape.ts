import { connectionReasons, type Connection, type Departure } from './connection.js';
import { SessionError } from './session-error.js';

/** Tells whether a value is of a field's type. */
export type Guard = (value: unknown) => boolean;

/** A guard for each field of a frame but `type`. */
export type Shape<Frame> = { readonly [Field in Exclude<keyof Frame, 'type'>]-?: Guard };

/** The shape of every frame of one direction, by type. */
export type Shapes<Frame extends { type: string }> = {
  readonly [Type in Frame['type']]: Shape<Extract<Frame, { type: Type }>>;
};

export const isString: Guard = (value) => typeof value === 'string';
export const isBoolean: Guard = (value) => typeof value === 'boolean';
export const isCount: Guard = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const optional =
  (guard: Guard): Guard =>
  (value) =>
    value === undefined || guard(value);
export const oneOf =
  (values: readonly unknown[]): Guard =>
  (value) =>
    values.includes(value);
export const listOf =
  (guard: Guard): Guard =>
  (value) =>
    Array.isArray(value) && value.every(guard);

const isObjectOf =
  <Value>(shape: { readonly [Field in keyof Value]-?: Guard }): Guard =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries<Guard>(shape).every(([field, guard]) => guard((value as Record<string, unknown>)[field]));

export const isConnection = isObjectOf<Connection>({
  connectionId: isString,
  creationTime: isCount,
  data: isString,
});
export const isDeparture = isObjectOf<Departure>({
  reason: oneOf(connectionReasons),
  connections: listOf(isString),
});

/**
 * Reads a frame from untrusted text. Fields that the shape doesn't name are dropped, so that a later
 * minor version may add some.
 *
 * @throws {SessionError} 2001 where the text isn't JSON, the type is unknown or a field is not of its type.
 */
export function parseFrame<Frame extends { type: string }>(text: string, shapes: Shapes<Frame>): Frame {
  let value: Record<string, unknown> | null | undefined;
  try {
    value = JSON.parse(text) as Record<string, unknown> | null;
  } catch {
    // It has no type either.
  }
  // What isn't text may not even be made text: its toString can be anything.
  const type = (isString(value?.type) && value?.type) as Frame['type'];
  const frame: Record<string, unknown> = {};
  const shape: Record<string, Guard> = { type: oneOf(Object.keys(shapes)), ...shapes[type] };
  for (const [field, guard] of Object.entries(shape)) {
    const content = value?.[field];
    if (!guard(content)) {
      throw new SessionError(2001, `A frame (${type}) has to be JSON with a valid "${field}"`);
    }
    if (content !== undefined) frame[field] = content;
  }
  return frame as Frame;
}
