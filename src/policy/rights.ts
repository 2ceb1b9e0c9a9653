// How much of each route somebody may have: nothing, a read without what its answer hides, or all of it. One number a route,
// by its index.
import type { Route } from './broker-api.ts';

export type Rights = Uint8Array;

export const NONE = 0;
/** A read whose secret members are left out of the answer. */
export const REDACTED = 1;
export const WHOLE = 2;

/** @param measure how much of each route */
export const measureRights = (routes: readonly Route[], measure: (route: Route) => number): Rights =>
  Uint8Array.from(routes, measure);

export const unite = (one: Rights, other: Rights): Rights =>
  one.map((right, index) => Math.max(right, other[index] as number));

export const intersect = (one: Rights, other: Rights): Rights =>
  one.map((right, index) => Math.min(right, other[index] as number));

/** What is left where anything of `taken` is gone. */
export const subtract = (rights: Rights, taken: Rights): Rights =>
  rights.map((right, index) => (taken[index] === NONE ? right : NONE));

/** Whether an answer hides members that can be left out: a lone `*` hides all of it. */
export const isRedactable = ({ method, hides }: Route): boolean =>
  method === 'GET' && hides.length > 0 && hides[0] !== '*';
