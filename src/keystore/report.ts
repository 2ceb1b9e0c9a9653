// What the operator reads about the keys directory: each change once, in one line. Knows what happened, not why it
// was looked for; prints names, sizes and thumbprints, never key bytes.

import type { Entry } from '../files/entry.ts';
import { isIssuerName } from '../token/issuer-name.ts';
import { toThumbprintText } from './jwk.ts';
import { nameKeyType, type VerificationKey } from './key.ts';
import type { KeyFilesState } from './key-files.ts';
import { listMisplaced } from './misplaced-sidecars.ts';
import { PRIVATE_REASON } from './private-text.ts';
import { isSidecarName } from './sidecar.ts';
import { countUsable, type IssuerKeys, isAmbiguous, type Snapshot } from './snapshot.ts';

const MAX_NAMES_SHOWN = 5;

type AnyEntry = Entry<object>;

/** One observed state: the files and what was made of them. */
export interface Observation {
  readonly state: KeyFilesState;
  readonly snapshot: Snapshot;
}

export class KeyReport {
  readonly #directory: string;
  readonly #print: (line: string) => void;
  /** Bad files already told, with the state they were in. */
  readonly #toldBad = new Map<string, string>();
  /** Files without the name of a key file, already told for the private key in them. */
  #toldPrivate: ReadonlySet<string> = new Set();
  /** Shared keys already told, with the issuers that had them. */
  #toldShared = new Map<string, string>();
  /** Sidecars without an issuer, or with two, with the line about it. */
  #toldMisplaced = new Map<string, string>();
  #toldOpen = false;

  constructor(directory: string, print: (line: string) => void) {
    this.#directory = JSON.stringify(directory);
    this.#print = print;
  }

  /** The first scan: one summary line, and what is wrong. */
  start(now: Observation): void {
    this.#summarize(now);
    this.#warnOpen(now.state);
    this.#warnBad(now.state, () => true);
    this.#warnPrivate(now.state);
    this.#warnAmbiguous(undefined, now.snapshot);
    this.#warnShared(now.snapshot);
    this.#warnMisplaced(now);
  }

  /** A later scan; the snapshot is the same object where nothing changed. */
  update(before: Observation, now: Observation): void {
    this.#warnOpen(now.state);
    const isGone = isDirectoryGone(now.state);
    if (isGone && !isDirectoryGone(before.state)) this.#warnGone(now.state);
    else if (!isGone && isDirectoryGone(before.state)) this.#summarize(now);
    else if (before.snapshot !== now.snapshot) this.#listChanges(before.snapshot, now.snapshot);
    this.#warnBad(now.state, ({ isReportable }) => isReportable);
    this.#warnPrivate(now.state);
    if (before.snapshot === now.snapshot) return;
    this.#warnAmbiguous(before.snapshot, now.snapshot);
    this.#warnShared(now.snapshot);
    this.#warnMisplaced(now);
  }

  #summarize({ snapshot }: Observation): void {
    const usable = countUsable(snapshot);
    const unusable = snapshot.issuers.size - usable;
    this.#print(
      `keys directory ${this.#directory}: ${usable} usable issuers, ${unusable} unusable, ${snapshot.ignored.length} other names ignored`,
    );
    if (usable === 0) this.#warnNoKey();
  }

  #warnNoKey(): void {
    this.#print(
      `no usable key in ${this.#directory}: every request is refused; make a key pair with: broker-guard keygen NAME`,
    );
  }

  #warnGone({ lost }: KeyFilesState): void {
    this.#print(
      `keys directory ${this.#directory} cannot be read any more (${lost}): all its keys are refused until it is back`,
    );
  }

  #warnOpen({ isOpenToOthers }: KeyFilesState): void {
    const wasTold = this.#toldOpen;
    this.#toldOpen = isOpenToOthers;
    if (wasTold || !isOpenToOthers) return;
    this.#print(
      `warning: keys directory ${this.#directory} can be written by its group or by everyone, who can thereby add issuers; chmod go-w it`,
    );
  }

  #listChanges(before: Snapshot, now: Snapshot): void {
    for (const name of new Set([...before.issuers.keys(), ...now.issuers.keys()])) {
      const [old, current] = [before.issuers.get(name), now.issuers.get(name)];
      if (old !== current) for (const line of describeChange(old, current)) this.#print(`${name}: ${line}`);
    }
    if (countUsable(now) === 0 && countUsable(before) > 0) this.#warnNoKey();
  }

  #warnBad({ files }: KeyFilesState, isDue: (entry: AnyEntry) => boolean): void {
    const { listed, byPath } = files.keys;
    const sidecars = files.rules.listed;
    for (const entries of [listed, byPath, sidecars]) {
      for (const [name, entry] of entries) this.#warnBadFile(name, entry, isDue(entry));
    }
    for (const name of this.#toldBad.keys()) {
      if (!listed.has(name) && !byPath.has(name) && !sidecars.has(name)) this.#toldBad.delete(name);
    }
  }

  #warnBadFile(name: string, entry: AnyEntry, isDue: boolean): void {
    if (entry.served.usable) {
      if (entry.file.usable) this.#toldBad.delete(name);
      return;
    }
    const state = `${entry.trace.fingerprint} ${entry.served.reason}`;
    if (!isDue || this.#toldBad.get(name) === state) return;
    this.#toldBad.set(name, state);
    this.#print(`warning: ${name} is not used: ${entry.served.reason}${consequenceOf(name)}`);
  }

  #warnPrivate({ files }: KeyFilesState): void {
    const holding = [...files.others.listed]
      .filter(([, { served }]) => served.usable && served.holdsPrivateKey)
      .map(([name]) => name);
    for (const name of holding)
      if (!this.#toldPrivate.has(name))
        this.#print(`warning: ${printName(name)} is not used: ${PRIVATE_REASON}`);
    this.#toldPrivate = new Set(holding);
  }

  #warnAmbiguous(before: Snapshot | undefined, now: Snapshot): void {
    for (const [name, keys] of now.issuers) {
      if (keys.usable || !isAmbiguous(keys) || isAmbiguous(before?.issuers.get(name))) continue;
      this.#print(`warning: ${name} is not used: ${keys.reason}`);
    }
  }

  /** Rules that are nobody's, or two issuers'. */
  #warnMisplaced({ state, snapshot }: Observation): void {
    const misplaced = listMisplaced(state.files.rules.listed.keys(), snapshot.issuers);
    for (const [name, line] of misplaced)
      if (this.#toldMisplaced.get(name) !== line) this.#print(`warning: ${line}`);
    this.#toldMisplaced = misplaced;
  }

  /** One key under two names lets its owner speak for both. */
  #warnShared(snapshot: Snapshot): void {
    const shared = findSharedKeys(snapshot);
    for (const [thumbprint, names] of shared) {
      if (this.#toldShared.get(thumbprint) === names) continue;
      this.#print(`warning: one key serves several issuers: ${names}; thumbprint ${thumbprint}`);
    }
    this.#toldShared = shared;
  }
}

/** Whether the directory is lost and nothing of it is served any more. */
const isDirectoryGone = ({ lost, files }: KeyFilesState): boolean =>
  lost !== undefined && files.keys.listed.size === 0;

function* describeChange(before: IssuerKeys | undefined, now: IssuerKeys | undefined): Iterable<string> {
  const added = keysMissingFrom(before, now);
  const removed = keysMissingFrom(now, before);
  for (const key of added) {
    const replaced = removed.shift();
    if (replaced) yield `key replaced, now ${describeKey(key)}, before ${describeKey(replaced)}`;
    else yield `key added, ${describeKey(key)}`;
  }
  for (const key of removed) yield `key removed, ${describeKey(key)}`;
  const [old, rules] = [rulesOf(before), rulesOf(now)];
  if (old !== rules)
    yield `rules ${old === undefined ? 'added' : rules === undefined ? 'removed' : 'changed'}`;
}

const rulesOf = (keys: IssuerKeys | undefined) => (keys?.usable ? keys.rules : undefined);

const consequenceOf = (name: string): string =>
  isSidecarName(name) ? ' Until it is mended, nothing of its issuer is accepted.' : '';

/** The keys of `from` that `base` does not have. */
function keysMissingFrom(base: IssuerKeys | undefined, from: IssuerKeys | undefined): VerificationKey[] {
  const known = new Set(base?.usable ? base.keys.map((key) => key.thumbprint) : []);
  return from?.usable ? from.keys.filter((key) => !known.has(key.thumbprint)) : [];
}

const describeKey = (key: VerificationKey): string => `${nameKeyType(key)}, thumbprint ${key.thumbprint}`;

/** Names by thumbprint. Compared by the numbers: with 10,000 issuers the thumbprints alone would take a while. */
function findSharedKeys({ issuers }: Snapshot): Map<string, string> {
  const owners = new Map<string, { key: VerificationKey; names: string[] }>();
  for (const [name, keys] of issuers) {
    for (const key of keys.usable ? keys.keys : []) {
      const numbers = toThumbprintText(key.jwk);
      const owner = owners.get(numbers);
      if (owner) owner.names.push(name);
      else owners.set(numbers, { key, names: [name] });
    }
  }
  const shared = [...owners.values()].filter(({ names }) => names.length > 1);
  return new Map(shared.map(({ key, names }) => [key.thumbprint, listNames(names)]));
}

/** A file of no kind may have any name: a line break in it must not begin a line of the report. */
const printName = (name: string): string => (isIssuerName(name) ? name : JSON.stringify(name));

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES_SHOWN).join(', ');
  return names.length > MAX_NAMES_SHOWN ? `${shown} and ${names.length - MAX_NAMES_SHOWN} more` : shown;
}
