// What has become of the keys between two states of them, as records. The states may come from two readings of the directory:
// what was read again and says the same is no change.
import { isDeepStrictEqual } from 'node:util';
import { haveSameKeys, type IssuerKeys, type Snapshot } from '../keystore/snapshot.ts';
import type { EventRecord, KeyRecord } from '../observe/audit/event.ts';

/** @param time ISO 8601 */
export function describeKeyChanges(before: Snapshot, now: Snapshot, time: string): EventRecord[] {
  const names = new Set([...before.issuers.keys(), ...now.issuers.keys()]);
  return [...names].flatMap((name) => {
    const change = nameChange(before.issuers.get(name), now.issuers.get(name));
    return change === undefined ? [] : [toRecord(name, change, now.issuers.get(name), time)];
  });
}

function nameChange(
  before: IssuerKeys | undefined,
  now: IssuerKeys | undefined,
): KeyRecord['change'] | undefined {
  if (before === now) return undefined;
  if (before === undefined) return 'added';
  if (now === undefined) return 'removed';
  if (!before.usable && !now.usable) return before.reason === now.reason ? undefined : 'changed';
  if (!haveSameKeys(before, now)) return 'changed';
  return isDeepStrictEqual(rulesOf(before), rulesOf(now)) ? undefined : 'rules';
}

const rulesOf = (issuer: IssuerKeys) => (issuer.usable ? issuer.rules : undefined);

function toRecord(
  issuer: string,
  change: KeyRecord['change'],
  now: IssuerKeys | undefined,
  time: string,
): KeyRecord {
  const usable = now?.usable === true;
  return {
    type: 'key',
    time,
    issuer,
    change,
    usable,
    keys: usable ? now.keys.map((key) => key.thumbprint) : [],
    ...(now !== undefined && !now.usable && { reason: now.reason }),
  };
}
