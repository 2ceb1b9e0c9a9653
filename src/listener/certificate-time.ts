// When the certificates in use end, and what deserves a line about it.
import { X509Certificate } from 'node:crypto';
import type { Problem } from '../failure.ts';
import type { TlsMaterial } from './tls.ts';

const isThere = (tls: TlsMaterial | undefined): tls is TlsMaterial => tls !== undefined;

/** Unix milliseconds at which the first of them ends; undefined where there is none. */
export function certificateEnd(...listeners: readonly (TlsMaterial | undefined)[]): number | undefined {
  const ends = listeners
    .filter(isThere)
    .map(({ certificate }) => Date.parse(new X509Certificate(certificate).validTo));
  return ends.length === 0 ? undefined : Math.min(...ends);
}

const DAY_MS = 86_400_000;
const RENEW_DAYS = 14;

/**
 * What deserves a line about the certificate's time: that it is over, has not begun, or is over soon.
 * @param block `guard.tls`
 */
export function describeExpiry(
  tls: TlsMaterial | undefined,
  nowMs: number,
  block: string,
): Problem | undefined {
  if (tls === undefined) return undefined;
  const { validFrom, validTo } = new X509Certificate(tls.certificate);
  const [fromMs, toMs] = [Date.parse(validFrom), Date.parse(validTo)];
  const what =
    toMs <= nowMs
      ? `has expired, ${formatDay(toMs)}: clients refuse it`
      : fromMs > nowMs
        ? `is not valid before ${formatDay(fromMs)}: clients refuse it until then`
        : `expires ${formatDay(toMs)}, in ${Math.ceil((toMs - nowMs) / DAY_MS)} days`;
  const isFine = fromMs <= nowMs && toMs - nowMs > RENEW_DAYS * DAY_MS;
  if (isFine) return undefined;
  const name = `${block}.certificate`;
  return {
    name,
    message: `${name} ${what}. Put a renewed one in its place: a running guard takes it in by itself`,
  };
}

/** The same of each listener's. */
export const listExpiries = (
  {
    guarded,
    service,
  }: { readonly guarded: TlsMaterial | undefined; readonly service: TlsMaterial | undefined },
  nowMs: number,
): Problem[] =>
  [describeExpiry(guarded, nowMs, 'guard.tls'), describeExpiry(service, nowMs, 'guard.service.tls')].filter(
    (problem) => problem !== undefined,
  );

export const formatDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
