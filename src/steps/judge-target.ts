// Method and target: the canonical path that is judged is the one that is sent, and it names the action.
import { type Denial, denyMethod } from '../decision.ts';
import { canonicalizeTarget } from '../http/target.ts';
import { classifyAction, type Profile } from '../policy/profile.ts';
import type { RequestState } from './state.ts';
import { defineStep, type Step } from './step.ts';

export const judgeTarget = (profile: Profile): Step =>
  defineStep((ctx, next) => judge(ctx.exchange, profile) ?? next(ctx));

function judge(state: RequestState, profile: Profile): Denial | undefined {
  const { method = '', url = '', headers } = state.req;
  const target = canonicalizeTarget(url, profile.target, headers.host);
  if (!target.allowed) return target;
  state.target = target.value;
  state.action = classifyAction(profile, method, target.value.path);
  return profile.methods.includes(method) ? undefined : denyMethod(profile.methods);
}
