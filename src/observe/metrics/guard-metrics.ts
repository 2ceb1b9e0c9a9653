// What the guard has once, however many processes it is: its keys, its certificate, its version. Asked when somebody scrapes.
import { Counter, Gauge, Registry } from 'prom-client';
import { type Families, readFamilies } from './families.ts';

/** Of the moment. */
export interface GuardFigures {
  /** By their key files, the unusable ones too. */
  readonly issuers: Iterable<{ readonly usable: boolean }>;
  /** Changes of the keys that were taken in since the start. */
  readonly keyReloads: number;
  /** In force. */
  readonly revocations: number;
  /** Unix milliseconds at which the first certificate in use ends; undefined without TLS. */
  readonly certificateEndsMs: number | undefined;
}

/** @param version of the guard */
export function createGuardMetrics(version: string): (figures: GuardFigures) => Promise<Families> {
  const registry = new Registry();
  const registers = [registry];
  const keys = new Gauge({
    name: 'broker_guard_issuer_keys',
    help: 'Key files by state: usable, unusable.',
    labelNames: ['state'],
    registers,
  });
  const reloads = new Counter({
    name: 'broker_guard_key_reloads_total',
    help: 'Changes of the keys that were taken in.',
    registers,
  });
  const revoked = new Gauge({
    name: 'broker_guard_revocations',
    help: 'Revocations in force.',
    registers,
  });
  const certificateEnd = new Gauge({
    name: 'broker_guard_tls_certificate_expiry_timestamp_seconds',
    help: 'When the first certificate in use ends; absent without TLS.',
    registers,
  });
  new Gauge({
    name: 'broker_guard_build_info',
    help: 'Always 1; the version is in the labels.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.versions.node }, 1);
  return ({ issuers, keyReloads, revocations, certificateEndsMs }) => {
    const states = [...issuers];
    const usable = states.filter((issuer) => issuer.usable).length;
    keys.set({ state: 'usable' }, usable);
    keys.set({ state: 'unusable' }, states.length - usable);
    reloads.reset();
    reloads.inc(keyReloads);
    revoked.set(revocations);
    certificateEnd.remove();
    if (certificateEndsMs !== undefined) certificateEnd.set(certificateEndsMs / 1000);
    return readFamilies(registry);
  };
}
