// Method and target: the canonical path that is judged is the one that is sent, and with the method it names the action.
import { type Denial, denyMethod } from '../decision.ts';
import { canonicalizeTarget } from '../http/target.ts';
import type { Profile } from '../policy/profile.ts';
import type { RequestState } from './state.ts';
import { defineStep, type Step } from './step.ts';

export const judgeTarget = (profile: Profile): Step =>
  defineStep((ctx, next) => judge(ctx.exchange, profile) ?? next(ctx));

function judge(state: RequestState, profile: Profile): Denial | undefined {
  const { method = '', url = '', headers } = state.req;
  const target = canonicalizeTarget(url, profile.target, headers.host);
  if (!target.allowed) return target;
  const { path } = target.value;
  state.target = target.value;
  const known = profile.match(path);
  state.route = known?.byMethod.get(method);
  return state.route === undefined && known !== undefined ? denyMethod(known.methods) : undefined;
}
