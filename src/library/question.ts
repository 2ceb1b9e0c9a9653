// What a program asks whether a caller may do: an action by its name, or a call of the broker's API.
import { suggestName } from '../config/nearest.ts';
import { allow, type Decision, denyPermission, type Principal } from '../decision.ts';
import type { Guard } from '../guard.ts';
import type { Route } from '../policy/broker-api.ts';
import { locateCall } from '../policy/locate.ts';
import type { Permit } from '../policy/permit.ts';
import type { Asked } from '../policy/policy.ts';
import type { Profile } from '../policy/profile.ts';

export type Question =
  | { readonly action: string }
  /** `path` may carry a query. */
  | { readonly method: string; readonly path: string };

export interface Judgement {
  /** Undefined where the catalogue knows none. */
  readonly route: Route | undefined;
  readonly decision: Decision<Permit>;
}

/** @throws TypeError for an action that the catalogue does not know: the program is at fault, not the caller */
export function findRoutes(action: unknown, { name, routes }: Profile): readonly Route[] {
  const found = routes.filter((route) => route.action.name === action);
  if (found.length > 0) return found;
  const known = [...new Set(routes.map((route) => route.action.name))];
  const suggestion = suggestName(known, String(action));
  const nearest = suggestion.startsWith('; known') ? '' : suggestion;
  throw new TypeError(`${JSON.stringify(action)} is no action of the profile ${name}${nearest}`);
}

/** An action has to be allowed at each of its routes: which one is meant nobody has said. */
export function judgeQuestion(
  { guard, profile }: { readonly guard: Guard; readonly profile: Profile },
  principal: Principal,
  question: Question,
  client: string | undefined,
): Judgement {
  const asked = listAsked(question, profile, client);
  if (!asked.allowed) return { route: undefined, decision: asked };
  const judged = asked.value.map((one) => ({
    route: one.route,
    decision: refuseHalf(guard.authorize(principal, one), principal, one.route),
  }));
  return judged.find(({ decision }) => !decision.allowed) ?? (judged[0] as Judgement);
}

/** Of a right to a part the program would give all: answers and bodies are not for the library to see. */
function refuseHalf(
  decision: Decision<Permit>,
  principal: Principal,
  route: Route | undefined,
): Decision<Permit> {
  if (!decision.allowed) return decision;
  const { hides, publish, role } = decision.value;
  if (hides === undefined && publish === undefined) return decision;
  const [rule, what] =
    publish === undefined ? ['roles', 'without the secrets of its answer'] : ['publish', 'by topic'];
  const detail = `${route?.action.name}: ${principal.issuer} has it ${what} alone, which the listener of the guard sees to.`;
  return denyPermission(detail, { role, rule }, principal, route?.action.name);
}

const FORM = 'a question is { action } or { method, path }, each a text';

function listAsked(
  question: Question,
  profile: Profile,
  client: string | undefined,
): Decision<readonly Asked[]> {
  if (typeof question !== 'object' || question === null) throw new TypeError(FORM);
  if ('action' in question) {
    const routes = findRoutes(question.action, profile);
    return allow(routes.map((route) => ({ route, target: undefined, client })));
  }
  const { method, path } = question;
  if (typeof method !== 'string' || typeof path !== 'string') throw new TypeError(FORM);
  const located = locateCall(profile, method.toUpperCase(), path);
  return located.allowed ? allow([{ ...located.value, client }]) : located;
}
