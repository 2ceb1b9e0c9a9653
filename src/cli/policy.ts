// `broker-guard policy`: which role and which issuer has which call, why, and what other settings would change.
import { loadSettings } from '../config/load.ts';
import { suggestName } from '../config/nearest.ts';
import type { Settings } from '../config/settings.ts';
import { type Core, openCore } from '../core.ts';
import { type Difference, listDifferences } from '../policy/differences.ts';
import type { IssuerPolicy } from '../policy/issuer-policy.ts';
import { Policy } from '../policy/policy.ts';
import type { ProfileName } from '../policy/profile.ts';
import { allowedOf, type Verdict } from '../policy/verdicts.ts';
import { callerOf, describeBodies, explainCall, type Why } from '../policy/why.ts';
import { formatColumns } from './columns.ts';
import { readSettings, type SettingsFlags } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface PolicyFlags extends SettingsFlags {
  readonly profile?: ProfileName;
  readonly json?: boolean;
}

export async function runTable(
  terminal: Terminal,
  flags: PolicyFlags & { readonly issuer?: string },
): Promise<ExitCode> {
  if (flags.issuer !== undefined) return printIssuer(terminal, flags.issuer, flags);
  const { vocabulary } = selectPolicy(readSettings(flags), flags.profile);
  const rows = vocabulary.profile.routes.map((route) => ({
    method: route.method,
    path: route.template,
    action: route.action.name,
    class: route.action.class,
    roles: vocabulary.rolesWith(route),
    ...(route.secrets !== undefined && { redacted: vocabulary.rolesRedacted(route) }),
  }));
  const lines = rows.map(({ method, path, action, class: name, roles, redacted = [] }) => {
    const all = [...roles, ...redacted.map((role) => `${role}(redacted)`)];
    return [method, path, action, name, all.join(' ') || '-'];
  });
  terminal.print(flags.json ? toJson(rows) : formatColumns(lines));
  return EXIT.done;
}

async function printIssuer(terminal: Terminal, issuer: string, flags: PolicyFlags): Promise<ExitCode> {
  const core = await openClosed(readSettings(flags), terminal);
  const filed = core.keys.snapshot().issuers.get(issuer);
  if (!filed?.usable) {
    const names = [...core.keys.snapshot().issuers.keys()];
    terminal.report(
      filed === undefined
        ? `there is no issuer ${issuer}${suggestIssuer(names, issuer)}`
        : `${issuer} is unusable: ${filed.reason}`,
    );
    return EXIT.refused;
  }
  const { verdicts, publish, isObserved } = core.policy.of(filed);
  const rows = core.policy.vocabulary.profile.routes.map((route) => {
    const { index, method, template, action } = route;
    const verdict = verdicts[index] as Verdict;
    const { rule, role = null } = verdict.grant;
    return {
      ...{ method, path: template, action: action.name, class: action.class },
      ...{ allowed: allowedOf(verdict) !== undefined, rule, role },
      ...(verdict.whole === undefined && verdict.redacted !== undefined && { redacted: true }),
      ...(route.publish !== undefined && publish !== undefined && { publish: publish.filters }),
    };
  });
  const lines = rows.map((row) => [
    row.allowed ? (row.redacted ? 'redacted' : 'yes') : 'no',
    row.method,
    row.path,
    row.action,
    row.class,
    row.publish === undefined ? row.rule : `${row.rule}, ${formatFilters(row.publish)}`,
  ]);
  const notes = isObserved ? ['nothing of this is enforced, only recorded (observe)'] : [];
  const conditions = listConditions(core.policy.of(filed));
  if (conditions.length > 0)
    notes.push(`all of it only as far as these rules hold: ${conditions.join(', ')}`);
  terminal.print(
    flags.json ? toJson(rows) : formatColumns(lines) + notes.map((note) => `${note}\n`).join(''),
  );
  return EXIT.done;
}

/** Each list has to hold a topic. */
const formatFilters = (filters: readonly (readonly string[])[]): string =>
  filters.map((list) => `publish [${list.join(', ')}]`).join(' and ');

/** As they are called in the settings. */
const listConditions = ({ conditions, audiences, maxLifetimeSeconds }: IssuerPolicy): string[] => [
  ...new Set(conditions.map(({ rule }) => rule)),
  ...(audiences.length > 0 ? ['audience'] : []),
  ...(Number.isFinite(maxLifetimeSeconds) ? ['max_lifetime'] : []),
];

/** There may be thousands. */
function suggestIssuer(names: readonly string[], issuer: string): string {
  const suggestion = suggestName(names, issuer);
  return suggestion.startsWith('; did you mean') ? suggestion : '';
}

export async function runWhy(
  terminal: Terminal,
  method: string,
  path: string,
  flags: PolicyFlags & { readonly as: string },
): Promise<ExitCode> {
  const policy = selectPolicy(readSettings(flags), flags.profile);
  const { roleNames } = policy.vocabulary;
  if (!roleNames.includes(flags.as)) {
    terminal.report(`--as ${JSON.stringify(flags.as)} is no role${suggestName(roleNames, flags.as)}`);
    return EXIT.misused;
  }
  const filed = { name: 'the role', rules: { roles: [flags.as] } };
  const why = explainCall(policy, callerOf(filed, terminal.now() / 1000), method.toUpperCase(), path);
  const { action, class: name, allowed, rule, redacted } = why;
  const roles = listRolesWith(policy, action);
  terminal.print(
    flags.json
      ? toJson({ action, class: name, allowed, rule, ...(redacted && { redacted }) })
      : formatWhy(why, flags.as, roles),
  );
  return allowed ? EXIT.done : EXIT.refused;
}

function listRolesWith({ vocabulary }: Policy, action: string | null): string[] {
  const route = vocabulary.profile.routes.find((one) => one.action.name === action);
  return route === undefined ? [] : vocabulary.listRoles(route);
}

function formatWhy(why: Why, role: string, roles: readonly string[]): string {
  const { action, class: name, allowed, rule, message } = why;
  if (action === null) return `no action (${rule}). ${message ?? ''}\n`;
  const verdict = `${role} ${allowed ? `may${describeBodies(why)}` : 'may not'} (${rule})`;
  // Not the role is what is wrong.
  if (rule === 'query') return `${action}, of the class ${name}: nobody may (${rule}). ${message ?? ''}\n`;
  return `${action}, of the class ${name}: ${verdict}; roles that have it: ${roles.join(', ') || 'none, it has to be allowed by name'}\n`;
}

export async function runDiff(
  terminal: Terminal,
  before: string,
  after: string,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const [old, now] = await Promise.all(
    [before, after].map((file) => openState(loadSettings(file), terminal)),
  );
  const differences = listDifferences(old as State, now as State);
  const text =
    differences.length === 0 ? 'nothing changes for anybody\n' : differences.map(formatDifference).join('');
  terminal.print(flags.json ? toJson({ issuers: differences }) : text);
  return EXIT.done;
}

type State = Awaited<ReturnType<typeof openState>>;

async function openState(settings: Settings, terminal: Terminal) {
  const { policy, keys } = await openClosed(settings, terminal);
  return { policy, issuers: keys.snapshot().issuers };
}

function formatDifference({ issuer, gains, loses, conditions }: Difference): string {
  return (
    `${issuer}\n` +
    gains.map((action) => `  + ${action}\n`).join('') +
    loses.map((action) => `  - ${action}\n`).join('') +
    conditions.map((name) => `  ~ ${name} is another\n`).join('')
  );
}

async function openClosed(settings: Settings, { now }: Terminal): Promise<Core> {
  const core = await openCore(settings, { now, report: () => undefined });
  core.close();
  return core;
}

/** Own roles are written in the words of the broker of the settings: another one has the built-in roles. */
function selectPolicy({ upstream, policy }: Settings, profile = upstream.profile): Policy {
  const roles = profile === upstream.profile ? policy.roles : {};
  return new Policy(profile, { ...policy, roles, issuers: {}, open: [] });
}

const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
