// `broker-guard explain`: why a call is allowed or not, by a token with method and path, or by the id of a request that has
// left its audit record.
import { type Core, openCore } from '../core.ts';
import { type CallExplanation, explainCallOf } from '../explain.ts';
import type { AuditRecord } from '../observe/audit/record.ts';
import { callerOf, describeBodies, explainCall, type Why } from '../policy/why.ts';
import { listOwnRecords, readAuditRecords } from './audit-records.ts';
import { readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';
import { readToken } from './token-file.ts';

export interface CallFlags extends SettingsFlags {
  readonly tokenFile?: string;
  readonly source?: string;
  readonly request?: string;
  readonly audit?: string;
  readonly json?: boolean;
}

export async function runExplainCall(
  terminal: Terminal,
  method: string | undefined,
  path: string | undefined,
  flags: CallFlags,
): Promise<ExitCode> {
  if (flags.request !== undefined) return explainRequest(terminal, flags.request, flags);
  if (method === undefined || path === undefined || flags.tokenFile === undefined) {
    terminal.report('say METHOD and PATH and --token-file FILE, or --request ID and --audit FILE, or --mqtt');
    return EXIT.misused;
  }
  const token = await readToken(terminal, flags.tokenFile);
  const core = await openClosed(terminal, flags);
  const nowMs = terminal.now();
  const explanation = explainCallOf(
    core,
    token,
    { method: method.toUpperCase(), path, client: flags.source },
    nowMs,
  );
  terminal.print(flags.json ? toJson(explanation) : formatCall(explanation));
  return explanation.allowed ? EXIT.done : EXIT.refused;
}

function formatCall({ token, call, allowed, issuer }: CallExplanation): string {
  const who = token.accepted
    ? `the token of ${issuer} is good`
    : `the token is refused: ${token.reason}. ${token.message}`;
  return `${who}\n${call === undefined ? '' : formatWhy(call)}${allowed ? 'allowed' : 'refused'}\n`;
}

function formatWhy(why: Why): string {
  const { action, class: name, allowed, rule, role, message = '' } = why;
  const what = action === null ? 'no action' : `${action}, of the class ${name}`;
  const by = role === undefined ? rule : `${rule}, ${role}`;
  const verdict = `${allowed ? `allowed${describeBodies(why)}` : 'not allowed'} (${by})`;
  // Many a message begins with the action itself.
  const more = message.startsWith(`${what}: `)
    ? `; ${message.slice(what.length + 2)}`
    : message && `. ${message}`;
  return `${what}: ${verdict}${more}\n`;
}

/** What was decided then, by the record, and what would be now, by the settings of now: of the token nothing is left. */
async function explainRequest(terminal: Terminal, id: string, flags: CallFlags): Promise<ExitCode> {
  const [file] = flags.audit === undefined ? (listOwnRecords(readSettings(flags)) ?? []) : [flags.audit];
  if (file === undefined) {
    terminal.report(
      '--request needs --audit FILE, the file that holds the audit records, or guard.audit.file',
    );
    return EXIT.misused;
  }
  const record = await findRecord(file, id);
  if (record === undefined) {
    terminal.report(`no record in ${file} has the request id ${id}`);
    return EXIT.refused;
  }
  const now = judgeAgain(await openClosed(terminal, flags), record, terminal.now());
  terminal.print(flags.json ? toJson({ record, now: now ?? null }) : formatRecord(record, now));
  return EXIT.done;
}

async function findRecord(file: string, id: string): Promise<AuditRecord | undefined> {
  for await (const record of readAuditRecords(file, JSON.stringify(id)))
    if (record.request_id === id) return record;
  return undefined;
}

function judgeAgain({ keys, policy }: Core, record: AuditRecord, nowMs: number): Why | undefined {
  const { issuer, method, path, client, subject } = record;
  const filed = issuer === undefined ? undefined : keys.lookup(issuer);
  if (!filed?.usable || method === undefined || path === undefined) return undefined;
  const caller = callerOf(filed, nowMs / 1000, client);
  return explainCall(policy, { ...caller, principal: { ...caller.principal, subject } }, method, path);
}

function formatRecord(record: AuditRecord, now: Why | undefined): string {
  const { time, method, path, issuer, subject, client, outcome, reason, action, role, rule } = record;
  const who = [issuer ?? record.claimed_issuer ?? 'nobody known', subject].filter(Boolean).join(', subject ');
  const why = [reason, rule && `rule ${rule}`, role && `roles ${role}`].filter(Boolean).join(', ');
  return (
    `${time}  ${method ?? '-'} ${path ?? '-'}  from ${client ?? 'a socket'}\n` +
    `by ${who}; action ${action ?? 'none'}\n` +
    `${outcome}${why === '' ? '' : `: ${why}`}\n` +
    `${now === undefined ? describeSilence(record) : `by the settings of now, as far as the token does not narrow itself: ${formatWhy(now).trimEnd()}`}\n`
  );
}

const describeSilence = ({ issuer }: AuditRecord): string =>
  issuer === undefined
    ? 'it was refused before its issuer was known: rules of issuers have no part in it'
    : 'by the settings of now nothing can be said: the issuer is not known any more, or not usable';

async function openClosed({ now }: Terminal, flags: SettingsFlags): Promise<Core> {
  const core = await openCore(readSettings(flags), { now, report: () => undefined });
  core.close();
  return core;
}

const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
