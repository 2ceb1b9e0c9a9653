// `broker-guard inspect`: a token's parts and the verdict of every check, so that a refused token explains itself.
import { openCore } from '../core.ts';
import { type Explanation, explainToken } from '../explain.ts';
import { readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';
import { readToken } from './token-file.ts';

export async function runInspect(
  terminal: Terminal,
  file: string,
  flags: SettingsFlags & { json?: boolean },
): Promise<ExitCode> {
  const settings = readSettings(flags);
  const token = await readToken(terminal, file);
  if (token === '') {
    terminal.report(
      'there is no token to inspect: name the file that holds it, or send it to standard input',
    );
    return EXIT.misused;
  }
  const core = await openCore(settings, { now: terminal.now, report: () => undefined });
  core.close();
  const inspection = explainToken(token, core, terminal.now());
  terminal.print(flags.json ? `${JSON.stringify(inspection, null, 2)}\n` : formatInspection(inspection));
  return inspection.accepted ? EXIT.done : EXIT.refused;
}

const MARKS = { passed: 'ok  ', failed: 'FAIL', not_run: '-   ' } as const;

function formatInspection({ header, payload, checks, accepted, reason, message }: Explanation): string {
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
