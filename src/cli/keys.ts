// `broker-guard keys`: what the keys directory holds, as the guard sees it.
import { openCore } from '../core.ts';
import { readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface Listing {
  readonly issuer: string;
  readonly usable: boolean;
  readonly reason?: string;
  readonly keys?: readonly { readonly bits: number; readonly thumbprint: string }[];
}

export async function runKeys(
  terminal: Terminal,
  flags: SettingsFlags & { json?: boolean },
): Promise<ExitCode> {
  const settings = readSettings(flags);
  const core = await openCore(settings, { now: terminal.now, report: () => undefined });
  core.close();
  const { issuers, ignored } = core.keys.snapshot();
  const listings = [...issuers].map(([issuer, filed]): Listing => {
    if (!filed.usable) return { issuer, usable: false, reason: filed.reason };
    return { issuer, usable: true, keys: filed.keys.map(({ bits, thumbprint }) => ({ bits, thumbprint })) };
  });
  if (flags.json) terminal.print(`${JSON.stringify({ issuers: listings, ignored }, null, 2)}\n`);
  else terminal.print(formatListings(listings, ignored, settings.keysDirectory));
  return EXIT.done;
}

function formatListings(listings: readonly Listing[], ignored: readonly string[], directory: string): string {
  const lines = listings.flatMap(({ issuer, keys, reason }) =>
    keys === undefined
      ? [`unusable  ${issuer}  ${reason}`]
      : keys.map(({ bits, thumbprint }) => `usable    ${issuer}  RSA ${bits}  ${thumbprint}`),
  );
  lines.push(...ignored.map((name) => `ignored   ${JSON.stringify(name)}  not a key file name`));
  if (lines.length === 0) lines.push(`no keys in ${directory}; broker-guard keygen NAME makes one`);
  return `${lines.join('\n')}\n`;
}
