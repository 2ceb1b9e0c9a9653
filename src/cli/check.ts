// `broker-guard check`: everything serve would find wrong before it listens.
import { formatAddress } from '../config/address.ts';
import { openKeyStore } from '../keystore/store.ts';
import { findSettingsFile, readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

export async function runCheck(terminal: Terminal, flags: SettingsFlags): Promise<ExitCode> {
  const settings = readSettings(flags);
  for (const warning of settings.warnings) terminal.report(`warning: ${warning}`);
  const keys = await openKeyStore({
    directory: settings.keysDirectory,
    extraFiles: settings.extraKeyFiles,
    suffixOptional: settings.issuerSuffixOptional,
    report: terminal.report,
  });
  keys.close();
  const { origin, socketPath } = settings.upstream;
  const from = findSettingsFile(flags) ?? 'defaults (no nanomq.conf here)';
  terminal.print(
    `The settings are good: ${from}\n  listens on ${formatAddress(settings.listen)}, forwards to ${socketPath ?? origin}\n` +
      `  ${keys.usableIssuers()} usable issuers in ${settings.keysDirectory}\n`,
  );
  return EXIT.done;
}
