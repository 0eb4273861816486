import type { JWTPayload } from 'jose';
import { quote, refusal } from './refusal.js';

/** How far the clocks of issuer and server may be apart, in seconds. */
export const leeway = 60;

/** The last second that a Date can hold. */
const endOfTime = 8.64e12;

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** The present time as tokens count it: in seconds since the epoch. */
export const nowInSeconds = (): number => Date.now() / 1000;

/**
 * A claim that is a time, in seconds since the epoch; undefined where the token doesn't have it.
 *
 * @throws {SessionError} 1004 where it is none.
 */
export function timeClaim(claims: JWTPayload, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !(Math.abs(value) <= endOfTime)) {
    throw refusal(
      `The token's "${name}" is ${quote(value)}: it has to be in seconds since the epoch, as a number`,
    );
  }
  return value;
}

/**
 * Checks that now is between a token's `nbf` and the earlier of its `exp` and `expire_time`.
 *
 * @throws {SessionError} 1004 where it isn't, or where there is no `exp`.
 */
export function checkValidity(claims: JWTPayload, ignoreExpiry: boolean): void {
  const start = timeClaim(claims, 'nbf');
  if (start !== undefined && start > nowInSeconds() + leeway) {
    throw refusal(
      `The token is not valid before ${iso(start)}: wait until then, or set the clock of the computer that made it`,
    );
  }
  const end = timeClaim(claims, 'exp');
  if (end === undefined) throw refusal('The token has no expiry ("exp"): make one that has');
  const earlierEnd = Math.min(end, timeClaim(claims, 'expire_time') ?? end);
  if (!ignoreExpiry && earlierEnd <= nowInSeconds() - leeway) {
    throw refusal(`The token expired at ${iso(earlierEnd)}: make a new one`);
  }
}
