// `broker-guard keys`: what the keys directory holds, as the guard sees it, and what of it is in use; with --remove, one
// key fewer.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { openCore } from '../core.ts';
import { removeKey } from '../keystore/change.ts';
import { nameKeyType } from '../keystore/key.ts';
import type { IssuerKeys } from '../keystore/snapshot.ts';
import { listOwnRecords, readAuditRecords } from './audit-records.ts';
import { formatColumns } from './columns.ts';
import { readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface KeysFlags extends SettingsFlags {
  readonly audit?: readonly string[];
  readonly remove?: string;
  readonly issuer?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

interface Use {
  calls: number;
  refused: number;
  /** ISO 8601. */
  last_used: string;
}

interface ListedKey {
  readonly type: string;
  readonly bits: number;
  readonly thumbprint: string;
  /** By the audit records; absent without them, null where none is of this key. */
  readonly use?: Use | null;
}

interface Listing {
  readonly issuer: string;
  readonly usable: boolean;
  readonly reason?: string;
  readonly keys?: readonly ListedKey[];
}

export async function runKeys(terminal: Terminal, flags: KeysFlags): Promise<ExitCode> {
  const settings = readSettings(flags);
  const core = await openCore(settings, { now: terminal.now, report: () => undefined });
  core.close();
  const { issuers, ignored } = core.keys.snapshot();
  if (flags.remove !== undefined)
    return remove(terminal, flags.remove, [...issuers.values()], settings, flags);
  const records = flags.audit ?? listOwnRecords(settings);
  const uses = records && (await countUses(records));
  const listings = [...issuers.values()].map((filed) => describe(filed, uses));
  if (flags.json) terminal.print(`${JSON.stringify({ issuers: listings, ignored }, null, 2)}\n`);
  else terminal.print(formatListings(listings, ignored, settings.keysDirectory));
  return EXIT.done;
}

type Uses = ReadonlyMap<string, Use>;

/** By issuer and thumbprint: a key may serve several. */
const nameUse = (issuer: string, thumbprint: string): string => `${issuer} ${thumbprint}`;

async function countUses(files: readonly string[]): Promise<Uses> {
  const uses = new Map<string, Use>();
  for (const file of files) {
    for await (const { issuer, key, time, outcome } of readAuditRecords(file, '"key":')) {
      if (issuer === undefined || key === undefined || time === undefined) continue;
      const use = uses.get(nameUse(issuer, key)) ?? { calls: 0, refused: 0, last_used: time };
      uses.set(nameUse(issuer, key), use);
      use.calls++;
      if (outcome === 'denied') use.refused++;
      if (time > use.last_used) use.last_used = time;
    }
  }
  return uses;
}

function describe(filed: IssuerKeys, uses: Uses | undefined): Listing {
  const { name: issuer } = filed;
  if (!filed.usable) return { issuer, usable: false, reason: filed.reason };
  const keys = filed.keys.map(({ type, bits, thumbprint }) => ({
    type,
    bits,
    thumbprint,
    ...(uses && { use: uses.get(nameUse(issuer, thumbprint)) ?? null }),
  }));
  return { issuer, usable: true, keys };
}

function formatListings(listings: readonly Listing[], ignored: readonly string[], directory: string): string {
  const keys = listings.flatMap(({ issuer, keys = [] }) => keys.map((key) => ({ issuer, ...key })));
  const unusable = listings.filter(({ usable }) => !usable);
  if (listings.length + ignored.length === 0)
    return `no keys in ${directory}; broker-guard keygen NAME makes one\n`;
  return (
    formatColumns(keys.map(toCells)) +
    formatColumns(unusable.map(({ issuer, reason = '' }) => ['unusable', issuer, reason])) +
    formatColumns(ignored.map((name) => ['ignored ', JSON.stringify(name), 'not a key file name']))
  );
}

/** As wide as `unusable`. */
const USABLE = 'usable  ';

function toCells({ issuer, use, thumbprint, ...key }: ListedKey & { issuer: string }): string[] {
  const cells = [USABLE, issuer, nameKeyType(key as Parameters<typeof nameKeyType>[0]), thumbprint];
  if (use === undefined) return cells;
  if (use === null) return [...cells, 'not used'];
  const refused = use.refused === 0 ? '' : `, ${use.refused} refused`;
  const calls = `${use.calls} ${use.calls === 1 ? 'call' : 'calls'}`;
  return [...cells, use.last_used, calls + refused];
}

async function remove(
  terminal: Terminal,
  thumbprint: string,
  issuers: readonly IssuerKeys[],
  settings: Settings,
  { issuer, force = false, json }: KeysFlags,
): Promise<ExitCode> {
  const holders = issuers
    .filter((filed) => filed.usable && filed.keys.some((key) => key.thumbprint === thumbprint))
    .map(({ name }) => name)
    .filter((name) => issuer === undefined || name === issuer);
  const [name, ...others] = holders;
  if (name === undefined || others.length > 0) {
    terminal.report(
      name === undefined
        ? 'no usable issuer has a key of this thumbprint: broker-guard keys lists them'
        : `${holders.join(', ')} have this key: say which one is to lose it, with --issuer`,
    );
    return EXIT.refused;
  }
  const left = await removeKey(locate(name, settings), thumbprint, force);
  terminal.print(
    json
      ? `${JSON.stringify({ issuer: name, thumbprint, keys_left: left })}\n`
      : `${thumbprint} is removed from ${name}; ${left} ${left === 1 ? 'key is' : 'keys are'} left\n`,
  );
  return EXIT.done;
}

/** In the keys directory, or where the settings name it. */
function locate(name: string, { keysDirectory, extraKeyFiles }: Settings): string {
  const listed = join(keysDirectory, name);
  return existsSync(listed) ? listed : (extraKeyFiles.find((file) => basename(file) === name) ?? listed);
}
