// The reapers of brokers whose connections are to end with the tokens, each over a connection of its own to the management
// API: callers of the guard's own API neither wait for it nor make it wait.
import { HOOK_NAMES } from '../config/hooks.ts';
import type { Settings } from '../config/settings.ts';
import { ENDINGS } from '../hooks/endings.ts';
import type { Hooks } from '../hooks/hooks.ts';
import type { SeldomReport } from '../observe/seldom.ts';
import { openBroker } from '../proxy/broker.ts';
import { callBroker } from '../proxy/own-call.ts';
import { printError } from '../steps/deny-failures.ts';
import { tick } from './serving.ts';
import { shareOut, WHOLE } from './share.ts';

const ROUND_MS = 1000;

/** @returns ends them */
export function startReaping(settings: Settings, hooks: Hooks, say: SeldomReport): () => void {
  const names = HOOK_NAMES.filter((name) => settings.hooks[name]?.endSessions === true);
  if (names.length === 0) return () => undefined;
  const whole = shareOut(settings, WHOLE);
  const broker = openBroker({ ...whole, upstream: { ...whole.upstream, maxConnections: 1 } }, tick, say);
  const reapers = names.flatMap((name) => {
    const ending = ENDINGS[name];
    const call = (method: string, target: string) => callBroker(broker, method, target);
    return ending === undefined ? [] : [hooks.openReaper(name, ending, call)];
  });
  const timer = setInterval(() => {
    for (const reaper of reapers)
      reaper.round().catch((error: unknown) => say(`connections could not be ended: ${printError(error)}`));
  }, ROUND_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    broker.close(true);
  };
}
