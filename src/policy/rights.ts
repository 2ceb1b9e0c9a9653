// How much of each route somebody may have: nothing, a read without what its answer hides, or all of it. One number a route,
// by its index, in which each half is a bit.
import type { Route } from './broker-api.ts';

export type Rights = Uint8Array;

export const NONE = 0;
/** The call, with its secret members left out of the answer. */
export const REDACTED = 0b01;
/** The secret members of the answer, to whoever has the call itself. */
export const SECRETS = 0b10;
export const WHOLE = REDACTED | SECRETS;

/** @param measure how much of each route */
export const measureRights = (routes: readonly Route[], measure: (route: Route) => number): Rights =>
  Uint8Array.from(routes, measure);

export const unite = (one: Rights, other: Rights): Rights =>
  one.map((right, index) => right | (other[index] as number));

export const intersect = (one: Rights, other: Rights): Rights =>
  one.map((right, index) => right & (other[index] as number));

/** What is left where `taken` is gone. */
export const subtract = (rights: Rights, taken: Rights): Rights =>
  rights.map((right, index) => right & ~(taken[index] as number));

/** What a right comes to: half of one is worth something only where the answer can be redacted. */
export function settle(right: number, { secrets }: Route): typeof NONE | typeof REDACTED | typeof WHOLE {
  if (right === WHOLE) return WHOLE;
  return (right & REDACTED) !== 0 && secrets !== undefined ? REDACTED : NONE;
}
