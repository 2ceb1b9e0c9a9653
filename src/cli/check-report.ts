// What `broker-guard check` has found, as lines for people and as data.
import { formatAddress } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import { formatProblem, type Problem } from '../failure.ts';
import type { Terminal } from './terminal.ts';

export interface Findings {
  readonly settings: Settings | undefined;
  readonly isEmbedded: boolean;
  readonly keysDirectory: string | undefined;
  readonly usableIssuers: number | undefined;
  /** The broker was asked, and has answered. */
  readonly isConnected: boolean;
  /** Who may do what, in a few words. */
  readonly policy: readonly string[];
  /** What keeps serve from starting. */
  readonly errors: readonly Problem[];
  /** What lets it start, and then refuse everything. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export function toJson(findings: Findings, isOk: boolean): unknown {
  const { settings, isEmbedded, keysDirectory, usableIssuers, errors, failures, warnings } = findings;
  const withLevel = (level: 'error' | 'warning') => (problem: Problem) => ({
    level,
    file: problem.file ?? null,
    line: problem.line ?? null,
    column: problem.column ?? null,
    name: problem.name ?? null,
    message: problem.message,
  });
  return {
    ok: isOk,
    listen: settings === undefined ? null : formatListen(settings),
    service: settings === undefined ? null : formatService(settings),
    upstream: settings === undefined ? null : isEmbedded ? EMBEDDED_BROKER : formatBroker(settings),
    keys_dir: keysDirectory ?? null,
    usable_issuers: usableIssuers ?? null,
    problems: [...[...errors, ...failures].map(withLevel('error')), ...warnings.map(withLevel('warning'))],
  };
}

/** @param file the settings file, where there is one */
export function tell(terminal: Terminal, findings: Findings, file: string | undefined): void {
  const { settings, errors, failures, warnings } = findings;
  for (const problem of [...errors, ...failures]) terminal.report(formatProblem(problem));
  for (const warning of warnings) terminal.report(`warning: ${formatProblem(warning)}`);
  if (settings !== undefined && errors.length === 0) {
    terminal.print(formatSummary(settings, findings, file));
  }
}

const EMBEDDED_BROKER = 'the embedded broker';

function formatSummary(settings: Settings, findings: Findings, file: string | undefined): string {
  const { isEmbedded, keysDirectory, usableIssuers, isConnected, policy } = findings;
  const broker = isEmbedded ? EMBEDDED_BROKER : formatBroker(settings);
  const isNanomq = !isEmbedded && settings.upstream.profile === 'nanomq';
  const workers = isNanomq
    ? `  the broker has ${settings.brokerWorkers} HTTP workers (http_server.limit_conn)\n`
    : '';
  return (
    `${formatSource(file, isEmbedded)}\n` +
    `  listens on ${formatListen(settings)}, service on ${formatService(settings)}, forwards to ${broker}\n` +
    `${isConnected ? '  the broker has answered\n' : ''}${workers}  usable issuers in ${keysDirectory}: ${usableIssuers}\n` +
    policy.map((line) => `  ${line}\n`).join('')
  );
}

function formatSource(file: string | undefined, isEmbedded: boolean): string {
  if (isEmbedded) {
    return 'There is no nanomq.conf here: serve would start the embedded broker, for trying out, and guard it';
  }
  return `The settings are good: ${file ?? 'defaults, since there is no nanomq.conf here'}`;
}

const formatService = ({ serviceTls, service }: Settings): string =>
  `${serviceTls ? 'https' : 'http'}://${formatAddress(service)}`;

const formatListen = ({ tls, listen }: Settings): string =>
  `${tls ? 'https' : 'http'}://${formatAddress(listen)}`;

/** With its port, also where it is the scheme's own. */
export function formatBroker({ upstream }: Settings): string {
  if (upstream.socketPath !== undefined) return upstream.socketPath;
  const { protocol, hostname, port } = new URL(upstream.origin);
  return `${protocol}//${hostname}:${port || (protocol === 'https:' ? 443 : 80)}${upstream.basePath}`;
}
