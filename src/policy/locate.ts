// From a method and a target, as somebody says them, to the route of the catalogue that is meant, or the reason why none can be.
import { allow, type Decision, denyMethod } from '../decision.ts';
import { canonicalizeTarget, type Target } from '../http/target.ts';
import type { Route } from './broker-api.ts';
import type { Profile } from './profile.ts';

export interface Located {
  /** Undefined where the catalogue does not know the path. */
  readonly route: Route | undefined;
  readonly target: Target;
}

/** @param text the path, with or without a query */
export function locateCall(
  { target: rules, match }: Profile,
  method: string,
  text: string,
): Decision<Located> {
  const target = canonicalizeTarget(text, rules);
  if (!target.allowed) return target;
  const known = match(target.value.path);
  const route = known?.byMethod.get(method);
  if (route === undefined && known !== undefined) return denyMethod(known.methods);
  return allow({ route, target: target.value });
}
