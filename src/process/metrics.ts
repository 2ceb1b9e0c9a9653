// The page of metrics: what every process has counted, summed, beside what the guard has once.
import type { Core } from '../core.ts';
import { certificateEnd } from '../listener/certificate-time.ts';
import type { AuditLog } from '../observe/audit/log.ts';
import { type Families, LAST_USED, printFamilies } from '../observe/metrics/families.ts';
import { createGuardMetrics } from '../observe/metrics/guard-metrics.ts';
import { createProcessMetrics } from '../observe/metrics/process-metrics.ts';
import { version } from '../version.ts';
import type { TlsFiles } from './tls-files.ts';

export interface MetricsSources {
  readonly core: () => Core;
  readonly tls: () => TlsFiles;
  readonly keyReloads: () => number;
  readonly audit: AuditLog;
  /** Of the processes that serve requests. */
  readonly served: () => Promise<readonly Families[]>;
  /** Of what brokers ask. */
  readonly hooks: () => Promise<Families>;
}

/** Prints the page of the moment. Calls that overlap share one. */
export function createMetricsPage(sources: MetricsSources): () => Promise<string> {
  const { core, tls, keyReloads, audit, served, hooks } = sources;
  const readProcess = createProcessMetrics(() => audit.dropped());
  const readGuard = createGuardMetrics(version);
  const print = async (): Promise<string> => {
    const { issuers } = core().keys.snapshot();
    const guard = readGuard({
      issuers: issuers.values(),
      keyReloads: keyReloads(),
      revocations: core().revocations.count(),
      certificateEndsMs: certificateEnd(tls().guarded, tls().service),
    });
    const all = [await guard, await readProcess(), await hooks(), ...(await served())];
    return printFamilies(all.map((families) => forgetRemoved(families, issuers)));
  };
  let printing: Promise<string> | undefined;
  return () => {
    printing ??= print().finally(() => {
      printing = undefined;
    });
    return printing;
  };
}

/** An issuer without a key is no label: otherwise every name there ever was would stay one. */
const forgetRemoved = (families: Families, issuers: ReadonlyMap<string, unknown>): Families =>
  families.map((family) =>
    family.name === LAST_USED
      ? { ...family, values: family.values.filter(({ labels }) => issuers.has(String(labels.issuer))) }
      : family,
  );
