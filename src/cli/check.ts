// `broker-guard check`: everything serve would find wrong before it listens, without listening.
import { formatAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import { openCore } from '../core.ts';
import { Failure } from '../failure.ts';
import { readTls } from '../listener/tls.ts';
import { findSettingsFile, readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

export async function runCheck(
  terminal: Terminal,
  flags: SettingsFlags & { json?: boolean },
): Promise<ExitCode> {
  const settings = readSettings(flags);
  for (const warning of settings.warnings) terminal.report(`warning: ${warning}`);
  const [keys, tls] = await Promise.allSettled([
    countKeys(settings, terminal),
    Promise.resolve(settings).then(readTls),
  ]);
  for (const failed of [keys, tls]) {
    if (failed.status === 'fulfilled') continue;
    if (!(failed.reason instanceof Failure)) throw failed.reason;
    terminal.report(failed.reason.message);
  }
  if (keys.status === 'rejected' || tls.status === 'rejected') return EXIT.misused;
  const summary = summarize(settings, keys.value, findSettingsFile(flags));
  terminal.print(flags.json ? `${JSON.stringify(summary)}\n` : formatSummary(summary));
  return EXIT.done;
}

async function countKeys(settings: Settings, { now, report }: Terminal): Promise<number> {
  const core = await openCore(settings, { now, report });
  core.close();
  return core.keys.usableIssuers();
}

interface Summary {
  readonly settings: string | null;
  readonly listen: string;
  readonly service: string;
  readonly upstream: string;
  readonly keys_dir: string;
  readonly usable_issuers: number;
}

const summarize = (settings: Settings, usableIssuers: number, file: string | undefined): Summary => ({
  settings: file ?? null,
  listen: `${settings.tls ? 'https' : 'http'}://${formatAddress(settings.listen)}`,
  service: `http://${formatAddress(settings.service)}`,
  upstream: settings.upstream.socketPath ?? settings.upstream.origin,
  keys_dir: settings.keysDirectory,
  usable_issuers: usableIssuers,
});

function formatSummary(summary: Summary): string {
  return (
    `The settings are good: ${summary.settings ?? 'defaults, since there is no nanomq.conf here'}\n` +
    `  listens on ${summary.listen}, service on ${summary.service}, forwards to ${summary.upstream}\n` +
    `  usable issuers in ${summary.keys_dir}: ${summary.usable_issuers}\n`
  );
}
