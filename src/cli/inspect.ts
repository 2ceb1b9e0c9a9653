// `broker-guard inspect`: a token's parts and the verdict of every check, so that a refused token explains
// itself. The last word is the guard's own; the list of checks is in token-checks.ts.
import { readFileSync } from 'node:fs';
import { type CheckedToken, explainDenial, runChecks } from '../explain.ts';
import { Failure } from '../failure.ts';
import { createGuard } from '../guard.ts';
import { type KeyStore, openKeyStore } from '../keystore/store.ts';
import type { TokenRules } from '../token/verify.ts';
import { redact } from './redact.ts';
import { readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface Inspection extends CheckedToken {
  readonly accepted: boolean;
  readonly reason?: string;
  readonly message?: string;
}

export async function runInspect(
  terminal: Terminal,
  file: string,
  flags: SettingsFlags & { json?: boolean },
): Promise<ExitCode> {
  const settings = readSettings(flags);
  const text = file === '-' ? await terminal.readInput() : readTokenFile(file);
  const token = text.trim().replace(/^(?:authorization: *)?bearer +/i, '');
  if (token === '') {
    terminal.report(
      'there is no token to inspect: name the file that holds it, or send it to standard input',
    );
    return EXIT.misused;
  }
  const keys = await openKeyStore({
    directory: settings.keysDirectory,
    extraFiles: settings.extraKeyFiles,
    suffixOptional: settings.issuerSuffixOptional,
    report: () => undefined,
  });
  keys.close();
  const inspection = inspectToken(token, settings.token, keys, terminal.now);
  terminal.print(flags.json ? `${JSON.stringify(inspection, null, 2)}\n` : formatInspection(inspection));
  return inspection.accepted ? EXIT.done : EXIT.refused;
}

function readTokenFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Failure(
      'settings_unreadable',
      `${redact(file)} cannot be read as a file (${code}); a token itself goes to standard input, not into an argument`,
    );
  }
}

function inspectToken(token: string, rules: TokenRules, keys: KeyStore, now: () => number): Inspection {
  const decision = createGuard({ rules, lookup: keys.lookup, now }).authenticate(token);
  const checked = runChecks(token, rules, keys, now() / 1000);
  if (decision.allowed) return { accepted: true, ...checked };
  return { accepted: false, reason: decision.reason, message: explainDenial(decision), ...checked };
}

const MARKS = { passed: 'ok  ', failed: 'FAIL', not_run: '-   ' } as const;

function formatInspection({ header, payload, checks, accepted, reason, message }: Inspection): string {
  const lines: string[] = [];
  if (header !== undefined)
    lines.push(`header   ${JSON.stringify(header)}`, `payload  ${JSON.stringify(payload)}`, '');
  lines.push(
    ...checks.map(
      ({ check, verdict, detail }) =>
        `${MARKS[verdict]}  ${check}${detail === undefined ? '' : `: ${detail}`}`,
    ),
  );
  lines.push('', accepted ? 'accepted' : `refused: ${reason}. ${message}`);
  return `${lines.join('\n')}\n`;
}
