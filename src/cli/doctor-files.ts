// Who may read and write the files that a guard lives by. Looks at their modes alone, and opens none.
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { isKeyFileName } from '../keystore/names.ts';
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
  const rules = [...listSettingsRules(settings, settingsFile), ...listKeyRules(settings)];
  const broken = rules.filter(({ file, bits }) => (modeOf(file) & bits) !== 0);
  const findings = broken.map(
    ({ file, why, mend }): Finding => ({
      about: 'files',
      verdict: 'problem',
      message: `${file} ${why}: ${mend} ${file}`,
    }),
  );
  return findings.length > 0
    ? findings
    : [
        {
          about: 'files',
          verdict: 'ok',
          message: `of ${rules.length} modes none lets in more than it should`,
        },
      ];
}

/** A file that is gone meanwhile is told elsewhere. */
const modeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mode ?? 0;

function listSettingsRules({ upstream, tls }: Settings, file: string | undefined): Rule[] {
  const written = {
    bits: SOMEBODY_WRITES,
    why: 'can be written by others, who can thereby let themselves in',
    mend: 'chmod go-w',
  };
  const holdsPassword = upstream.credentials !== undefined;
  const read = {
    bits: OTHERS_READ,
    why: "can be read by everybody, the broker's password in it too",
    mend: 'chmod o-r',
  };
  return [
    ...(file === undefined ? [] : [{ file, ...written }]),
    ...(file === undefined || !holdsPassword ? [] : [{ file, ...read }]),
    ...(tls === undefined
      ? []
      : [
          {
            file: tls.keyFile,
            bits: OTHERS_READ,
            why: 'is the key of the listener, and can be read by everybody',
            mend: 'chmod o-r',
          },
        ]),
  ];
}

/** The public halves, and the private ones that `keygen` puts beside their directory. */
function listKeyRules({ keysDirectory, extraKeyFiles }: Settings): Rule[] {
  const publicFiles = [
    ...list(keysDirectory)
      .filter(isKeyFileName)
      .map((name) => join(keysDirectory, name)),
    ...extraKeyFiles,
  ];
  const beside = dirname(keysDirectory);
  const privateFiles = list(beside)
    .filter((name) => name.endsWith('.key'))
    .map((name) => join(beside, name));
  return [
    ...publicFiles.map((file) => ({
      file,
      bits: SOMEBODY_WRITES,
      why: 'can be written by others, who can thereby become this issuer',
      mend: 'chmod go-w',
    })),
    ...privateFiles.map((file) => ({
      file,
      bits: OTHERS_ENTER,
      why: 'is a private key that others can read',
      mend: 'chmod 600',
    })),
  ];
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
