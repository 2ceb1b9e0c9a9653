// `broker-guard revoke`: takes tokens back before they end. It answers once the revocation is on the disk; every guard that runs
// by the same settings follows the file.
import { setTimeout as delay } from 'node:timers/promises';
import { openCore } from '../core.ts';
import { type NamedBy, type Revocation, writeEntry } from '../revocation/entry.ts';
import { appendRevocation, compactLedger, type Ledger, readLedger } from '../revocation/ledger.ts';
import { type RevokeFlags, readRevocation } from './revoke-flags.ts';
import { readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

type Flags = RevokeFlags & SettingsFlags & { readonly list?: boolean; readonly json?: boolean };

export async function runRevoke(terminal: Terminal, flags: Flags): Promise<ExitCode> {
  const settings = readSettings(flags);
  const { revocationsFile: file } = settings;
  if (flags.list) return printLedger(terminal, file, flags);
  const core = await openCore(settings, { now: terminal.now, report: () => undefined });
  core.close();
  const request = await readRevocation(flags, { ...core, settings }, terminal);
  if ('misuse' in request) {
    terminal.report(request.misuse);
    return EXIT.misused;
  }
  if ('needless' in request) {
    terminal.print(flags.json ? toJson({ file, revocation: null }) : `${request.needless}\n`);
    return EXIT.done;
  }
  await appendRevocation(file, request);
  await outlastSecond(request, terminal.now());
  terminal.print(
    flags.json
      ? toJson({ file, revocation: toData(request) })
      : `revoked: ${describe(request)}\nwritten to ${file}; a guard that runs follows it within a second\n`,
  );
  const ledger = await openLedger(terminal, file);
  await compactLedger(file, ledger, terminal.now() / 1000);
  return EXIT.done;
}

/**
 * `iat` has whole seconds: `--before now` covers the rest of this one too. Whoever signs anew as soon as it has answered would
 * get a token that is revoked.
 */
async function outlastSecond({ by, value }: Revocation, nowMs: number): Promise<void> {
  const restMs = by === 'before' ? value * 1000 - nowMs : 0;
  if (restMs > 0 && restMs <= 1000) await delay(restMs);
}

async function printLedger(terminal: Terminal, file: string, flags: Flags): Promise<ExitCode> {
  const { revocations } = await openLedger(terminal, file);
  const lines = revocations.map(
    (one) => `${describe(one)}${one.reason === undefined ? '' : ` (${one.reason})`}\n`,
  );
  terminal.print(
    flags.json
      ? toJson({ file, revocations: revocations.map(toData) })
      : lines.join('') || `nothing is revoked in ${file}\n`,
  );
  return EXIT.done;
}

/** A line that cannot be read is one that revokes nothing. */
async function openLedger({ now, report }: Terminal, file: string): Promise<Ledger> {
  const ledger = await readLedger(file, now() / 1000);
  for (const { line, flaw } of ledger.flaws)
    report(
      line === 'last'
        ? `warning: ${file}: the last line is torn: it ${flaw}`
        : `warning: ${file}:${line}: the line ${flaw}`,
    );
  return ledger;
}

const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** As it stands in the file. */
const toData = (revocation: Revocation): unknown => JSON.parse(writeEntry(revocation));

const NAMES: Record<Exclude<NamedBy, 'before'>, string> = {
  jti: 'the token with the jti',
  subject: 'tokens of the subject',
  key: 'tokens signed by the key',
  token_sha256: 'the token with the SHA-256',
};

function describe({ issuer, by, value, until }: Revocation): string {
  const what = by === 'before' ? `tokens issued before ${toTime(value)}` : `${NAMES[by]} ${value}`;
  const whose = issuer === undefined ? '' : ` of ${issuer}`;
  return `${what}${whose}, ${until === Infinity ? 'for good' : `until ${toTime(until)}`}`;
}

const toTime = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
