// `broker-guard doctor`: what check says, and what only a look around can tell: who may read which file, what the broker
// really accepts and who else can reach it, how far apart the clocks are, and whether a guard answers. Changes nothing.
import { formatAddress, type ListenAddress } from '../config/address.ts';
import type { Settings, TlsSettings } from '../config/settings.ts';
import { formatProblem, type Problem } from '../failure.ts';
import { lookAtAll } from './check.ts';
import { type Findings, formatBroker } from './check-report.ts';
import { formatColumns } from './columns.ts';
import { examineBroker, examineReach } from './doctor-broker.ts';
import { examineFiles } from './doctor-files.ts';
import type { Finding } from './doctor-finding.ts';
import { findSettingsFile, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

export async function runDoctor(
  terminal: Terminal,
  flags: SettingsFlags & { readonly json?: boolean },
): Promise<ExitCode> {
  const seen = await lookAtAll(terminal, flags);
  const findings = [...describeCheck(seen), ...(await examineRest(terminal, flags, seen))];
  const isWell = findings.every(({ verdict }) => verdict !== 'problem');
  if (flags.json) terminal.print(`${JSON.stringify({ ok: isWell, findings }, null, 2)}\n`);
  else
    terminal.print(formatColumns(findings.map(({ about, verdict, message }) => [verdict, about, message])));
  if (seen.errors.length > 0) return EXIT.misused;
  return isWell ? EXIT.done : EXIT.refused;
}

/** With bad settings nobody knows where the broker is. */
async function examineRest(
  terminal: Terminal,
  flags: SettingsFlags,
  { settings, isEmbedded }: Findings,
): Promise<readonly Finding[]> {
  if (settings === undefined) return [];
  const here = [...examineFiles(settings, findSettingsFile(flags)), ...describeLifetime(settings)];
  if (isEmbedded) return [...here, { about: 'broker', verdict: 'note', message: EMBEDDED }];
  return [
    ...here,
    ...(await examineBroker(settings, terminal.now)),
    ...(await examineReach(settings)),
    await examineGuard(settings),
  ];
}

const EMBEDDED = 'there is no nanomq.conf here, and so no broker: serve would start the embedded one';

function describeCheck(seen: Findings): Finding[] {
  const { settings, isEmbedded, errors, failures, warnings, usableIssuers } = seen;
  const found = [
    ...[...errors, ...failures].map((problem) => toFinding('problem', problem)),
    ...warnings.map((problem) => toFinding('warning', problem)),
  ];
  if (settings !== undefined && !found.some(({ about }) => about === 'settings'))
    found.unshift({
      about: 'settings',
      verdict: 'ok',
      message: isEmbedded ? 'the defaults' : `good, for ${formatBroker(settings)}`,
    });
  if (usableIssuers !== undefined && usableIssuers > 0)
    found.push({
      about: 'keys',
      verdict: 'ok',
      message: `${usableIssuers} usable ${usableIssuers === 1 ? 'issuer' : 'issuers'}`,
    });
  return found;
}

const toFinding = (verdict: Finding['verdict'], problem: Problem): Finding => ({
  about: problem.name === 'guard.keys_dir' ? 'keys' : 'settings',
  verdict,
  message: formatProblem(problem),
});

function describeLifetime({ token }: Settings): Finding[] {
  if (token.maxLifetimeSeconds !== undefined) return [];
  const message =
    'guard.token.max_lifetime is none: a token that leaks is good for as long as it says, unless the rules of its issuer have a limit. Set guard.token.max_lifetime = 30d, or less';
  return [{ about: 'tokens', verdict: 'warning', message }];
}

async function examineGuard({ service, serviceTls }: Settings): Promise<Finding> {
  const about = 'guard';
  const other = tellOtherListener(service, serviceTls);
  if (other !== undefined) return { about, verdict: 'note', message: `its service listener ${other}` };
  const url = `http://${formatAddress(service)}/readyz`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
    const { ready, message = '' } = (await answer.json()) as { ready?: boolean; message?: string };
    return ready
      ? { about, verdict: 'ok', message: `answers on ${url}, and is ready` }
      : { about, verdict: 'problem', message: `answers on ${url}, and is not ready. ${message}`.trim() };
  } catch {
    return { about, verdict: 'note', message: `none answers on ${url}: start one with broker-guard serve` };
  }
}

/** Where it is not asked: how to do so. Whose certificates count there, and which one to show, its clients know. */
function tellOtherListener(service: ListenAddress, tls: TlsSettings | undefined): string | undefined {
  if (service.kind === 'unix')
    return `is a socket: curl --unix-socket ${service.path} http://localhost/readyz`;
  if (tls === undefined) return undefined;
  const own = tls.clientCaFile === undefined ? '' : ' --cert CLIENT.crt --key CLIENT.key';
  return `speaks TLS: curl${own} --cacert GUARD.crt https://NAME:${service.port}/readyz, with a name of its certificate`;
}
