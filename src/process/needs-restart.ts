// What only a restart changes, since the listeners and workers are those of the start: kept as it was, reported, and
// refused where the rest would not work with it.
import { isDeepStrictEqual } from 'node:util';
import type { Settings } from '../config/settings.ts';
import { Failure } from '../failure.ts';
import { maxHeadBytes } from '../listener/http-server.ts';
import { readTlsFiles, type TlsFiles, type TlsNames } from './tls-files.ts';

/** @returns those to put in place */
export function keepFixed(before: Settings, after: Settings): Settings {
  const { listen, service, workers } = before;
  const tls = keepTls(before.tls, after.tls);
  const serviceTls = keepTls(before.serviceTls, after.serviceTls);
  return { ...after, listen, service, workers, tls, serviceTls };
}

/** Other files are read; the switch from http to https is not made, nor that to clients with certificates. */
const keepTls = (before: Settings['tls'], after: Settings['tls']): Settings['tls'] =>
  isSameTls(before, after) ? after : before;

const isSameTls = (before: Settings['tls'], after: Settings['tls']): boolean =>
  (before === undefined) === (after === undefined) &&
  (before?.clientCaFile === undefined) === (after?.clientCaFile === undefined);

/** Files that the settings name no longer may be gone: what was read of them stays in use. */
export function readKept(changed: Settings, wanted: Settings, inUse: TlsFiles): TlsFiles {
  const isKept = (name: 'tls' | 'serviceTls') => changed[name] !== wanted[name];
  const names: TlsNames = {
    ...changed,
    ...(isKept('tls') && { tls: undefined }),
    ...(isKept('serviceTls') && { serviceTls: undefined }),
  };
  const read = readTlsFiles(names);
  return {
    guarded: isKept('tls') ? inUse.guarded : read.guarded,
    service: isKept('serviceTls') ? inUse.service : read.service,
    upstreamCa: read.upstreamCa,
  };
}

/** @param before of the start */
export function reportFixed(before: Settings, after: Settings, report: (line: string) => void): void {
  const fixed: [string, boolean][] = [
    ['guard.listen', !isDeepStrictEqual(before.listen, after.listen)],
    ['guard.service.listen', !isDeepStrictEqual(before.service, after.service)],
    ['guard.tls', !isSameTls(before.tls, after.tls)],
    ['guard.service.tls', !isSameTls(before.serviceTls, after.serviceTls)],
    ['guard.workers', before.workers !== after.workers],
    ['guard.token.max_bytes', maxHeadBytes(before) < maxHeadBytes(after)],
  ];
  for (const [name, changed] of fixed)
    if (changed) report(`${name} changed: restart the guard for it to take effect`);
}

/** @throws Failure where the settings of the file are sound, but not for the workers that run */
export function refuseStarvation({ workers, upstream }: Settings): void {
  if (upstream.maxConnections >= workers) return;
  const what = `guard.upstream.connections is less than the ${workers} workers that run`;
  throw new Failure(
    'settings_invalid',
    `${what}: every worker needs a connection to the broker. Restart the guard.`,
  );
}
