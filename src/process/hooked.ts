// The doors for brokers' hooks in a guard that runs: their records, what a reload does to them, and the reapers of brokers
// whose connections are to end with the tokens.
import { isDeepStrictEqual } from 'node:util';
import type Router from '@koa/router';
import type { Settings } from '../config/settings.ts';
import { isAuditedHook } from '../hooks/audited.ts';
import { Hooks } from '../hooks/hooks.ts';
import type { AuditLog } from '../observe/audit/log.ts';
import { auditObserver } from '../observe/audit/record.ts';
import type { Families } from '../observe/metrics/families.ts';
import { createHookMetrics } from '../observe/metrics/hook-metrics.ts';
import type { Observer } from '../observe/observation.ts';
import { createRecorder } from '../observe/recorder.ts';
import { startReaping } from './reaping.ts';
import { tick } from './serving.ts';
import type { GuardState, Surroundings } from './setup.ts';

export interface Hooked {
  addRoutes(router: Router): void;
  metrics(): Promise<Families>;
  /** To be called once other settings are in place. */
  reload(before: Settings): void;
  stop(): void;
}

export function openHooked(state: GuardState, { audit, say, now }: Surroundings): Hooked {
  const guard = () => state.setup.mqtt;
  const settings = () => state.setup.settings;
  const metrics = createHookMetrics();
  const observers = [auditHooks(audit), metrics.observe];
  const recorder = createRecorder({ observers, now, tick });
  const hooks = new Hooks({ guard, settings, recorder, say });
  let stopReaping = startReaping(settings(), hooks, say);
  return {
    addRoutes: (router) => hooks.addRoutes(router),
    metrics: () => metrics.read(),
    reload(before) {
      if (!isJudgedAlike(before, settings())) hooks.endAll();
      stopReaping();
      stopReaping = startReaping(settings(), hooks, say);
    },
    stop: () => stopReaping(),
  };
}

/** What goes on all the time beside what decides something is left out. */
function auditHooks(audit: AuditLog): Observer {
  const observe = auditObserver(audit.write);
  return (seen) => {
    if (isAuditedHook(seen)) observe(seen);
  };
}

/** Whether a login of before would be the same now. */
function isJudgedAlike(before: Settings, after: Settings): boolean {
  const rulesOf = ({ mqtt, token, policy, hooks }: Settings) => ({ mqtt, token, policy, hooks });
  return isDeepStrictEqual(rulesOf(before), rulesOf(after));
}
