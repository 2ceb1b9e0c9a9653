// What a guard has in place at the moment, as one value: its settings, and what was opened by them. Other settings are
// another setup, opened beside it and put in its place whole.
import type { Settings } from '../config/settings.ts';
import { type Core, openCore } from '../core.ts';
import { type MqttGuard, openMqttGuard } from '../mqtt/mqtt-guard.ts';
import type { AuditLog } from '../observe/audit/log.ts';
import type { SeldomReport } from '../observe/seldom.ts';
import { describePolicy } from '../policy/describe.ts';
import type { Opened } from './serving.ts';
import type { TlsFiles } from './tls-files.ts';

export interface Setup extends Opened {
  readonly settings: Settings;
  readonly mqtt: MqttGuard;
}

/** Where a guard stands: a reload replaces the setup, a stop is for good. */
export interface GuardState {
  setup: Setup;
  isDraining: boolean;
}

/** What a guard is given beside its settings. */
export interface Surroundings {
  readonly audit: AuditLog;
  /** Takes one line for the operator. */
  readonly report: (line: string) => void;
  /** Takes one that callers can cause as often as they like. */
  readonly say: SeldomReport;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

/**
 * @param before whose revocations are taken over where their file is the same
 * @throws Failure as `openCore` does
 */
export async function openSetup(
  settings: Settings,
  tls: TlsFiles,
  { now, report }: Surroundings,
  before?: Setup,
): Promise<Setup> {
  const core = await openCore(settings, { now, report, revocations: before?.core.revocations });
  return { settings, tls, core, mqtt: openMqtt(settings, core, { now, report }) };
}

/** @param successor has taken over the revocations */
export function closeSetup({ core, mqtt }: Setup, successor?: Setup): void {
  mqtt.close();
  core.close(successor?.core);
}

/** Who may do what, once it is in place. */
export function reportPolicy({ core, settings }: Setup, report: Surroundings['report']): void {
  const { policy, token } = settings;
  for (const line of describePolicy(policy, core.keys.snapshot(), token.maxLifetimeSeconds)) report(line);
}

/** The same keys and revocations as for the HTTP door. */
function openMqtt(
  { mqtt, token }: Settings,
  core: Core,
  means: Pick<Surroundings, 'now' | 'report'>,
): MqttGuard {
  const { keys, policy, revocations } = core;
  return openMqttGuard({ settings: mqtt, token, lookup: keys.lookup, policy, revocations, ...means });
}
