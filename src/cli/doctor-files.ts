// Who may read and write the files that a guard lives by. Looks at their modes alone, and opens none.
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { isKeyFileName } from '../keystore/names.ts';
import { isSidecarName } from '../keystore/sidecar.ts';
import type { Finding } from './doctor-finding.ts';

const OTHERS_READ = 0o004;
const OTHERS_ENTER = 0o077;
const SOMEBODY_WRITES = 0o022;

interface Rule {
  readonly file: string;
  /** Bits that it must not have. */
  readonly bits: number;
  readonly why: string;
  readonly mend: string;
}

/** @param settingsFile undefined where there is none */
export function examineFiles(settings: Settings, settingsFile: string | undefined): Finding[] {
  const all = [
    ...listSettingsRules(settings, settingsFile),
    ...listWrittenRules(settings),
    ...listKeyRules(settings),
  ];
  const rules = all.filter(({ file }) => modeOf(file) !== undefined);
  const broken = rules.filter(({ file, bits }) => ((modeOf(file) ?? 0) & bits) !== 0);
  const message = `of ${rules.length} modes none lets in more than it should`;
  return broken.length === 0
    ? [{ about: 'files', verdict: 'ok', message }]
    : broken.map(({ file, why, mend }) => ({
        about: 'files',
        verdict: 'problem',
        message: `${file} ${why}: ${mend} ${file}`,
      }));
}

/** What is not there, or no longer, is told elsewhere; nor has a pipe or a device a mode that matters. */
function modeOf(file: string): number | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.mode : undefined;
}

/** @param whom what somebody else can do with it */
const writable = (file: string, whom: string): Rule => ({
  file,
  bits: SOMEBODY_WRITES,
  why: `can be written by others, who can thereby ${whom}`,
  mend: 'chmod go-w',
});

const readable = (file: string, what: string): Rule => ({
  file,
  bits: OTHERS_READ,
  why: what,
  mend: 'chmod o-r',
});

function listSettingsRules({ upstream, tls, serviceTls }: Settings, file: string | undefined): Rule[] {
  const own = file === undefined ? [] : [writable(file, 'let themselves in')];
  if (file !== undefined && upstream.credentials !== undefined)
    own.push(readable(file, "can be read by everybody, the broker's password in it too"));
  const keyFiles = new Set([tls?.keyFile, serviceTls?.keyFile].filter((one) => one !== undefined));
  return [
    ...own,
    ...[...keyFiles].map((one) => readable(one, 'is the key of a listener, and can be read by everybody')),
  ];
}

/** What the guard and `revoke` write. */
function listWrittenRules({ audit, revocationsFile }: Settings): Rule[] {
  const records = audit.file === undefined ? [] : [audit.file];
  return [
    ...records.map((file) =>
      readable(file, 'can be read by everybody, with addresses and subjects of callers in it'),
    ),
    ...records.map((file) => writable(file, 'leave out or make up what was done')),
    writable(revocationsFile, 'make a revoked token good again'),
  ];
}

/** The public halves and the rules beside them, and the private halves that `keygen` puts beside their directory. */
function listKeyRules({ keysDirectory, extraKeyFiles }: Settings): Rule[] {
  const publicFiles = [...listFiles(keysDirectory, isKeyFileName), ...extraKeyFiles];
  const sidecars = listFiles(keysDirectory, isSidecarName);
  const privateFiles = listFiles(dirname(keysDirectory), (name) => name.endsWith('.key'));
  return [
    ...publicFiles.map((file) => writable(file, 'become this issuer')),
    ...sidecars.map((file) => writable(file, 'give its issuer any role')),
    ...privateFiles.map((file) => ({
      file,
      bits: OTHERS_ENTER,
      why: 'is a private key that others can read',
      mend: 'chmod 600',
    })),
  ];
}

function listFiles(directory: string, isWanted: (name: string) => boolean): string[] {
  try {
    return readdirSync(directory)
      .filter(isWanted)
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}
