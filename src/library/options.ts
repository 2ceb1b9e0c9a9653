// What another program gives `openGuard`: the names of the settings in camel case, judged by the settings' own schema.
import { resolve } from 'node:path';
import { toProblems } from '../config/problems.ts';
import { guardSchema } from '../config/schema.ts';
import { buildToken } from '../config/settings.ts';
import type { CoreSettings } from '../core.ts';
import { type Problem, SettingsFailure } from '../failure.ts';
import type { AuditRecord } from '../observe/audit/record.ts';
import { PROFILE_NAMES, type ProfileName } from '../policy/profile.ts';
import type { Algorithm } from '../token/algorithms.ts';
import { listSettingNames, toCamelCase, toSettings } from './names.ts';
import { listForeignNames, type PolicyOptions, readPolicy, toPolicyBlock } from './policy-options.ts';

/** Durations are texts such as `30s` or `15m`, sizes such as `8KB`. */
export interface TokenOptions {
  /** `['RS256']` unless told. */
  readonly algorithms?: readonly Algorithm[];
  /** Grace after `exp`: `0s` unless told. */
  readonly expTolerance?: string;
  /** How far `iat` and `nbf` may be ahead of the clock: `30s` unless told. */
  readonly iatTolerance?: string;
  /** Longest time from `iat` to `exp`: `none` unless told. */
  readonly maxLifetime?: string;
  /** Accepted `aud`, one or several: `none` unless told. */
  readonly audience?: string | readonly string[];
  /** Longest token: `8KB` unless told. */
  readonly maxBytes?: string | number;
  /** `optional`: `iss` may leave out `.pub` or `.pem` where that is unambiguous. */
  readonly issuerSuffix?: 'required' | 'optional';
  /** Accepted `typ`, compared without case: `['JWT']` unless told. */
  readonly types?: string | readonly string[];
  /** `optional`: a token may go without `iat`. */
  readonly iat?: 'required' | 'optional';
  /** `optional`: a token without `bodyEncode` counts as 0; `plain`: 1 means nothing either. */
  readonly bodyEncode?: 'required' | 'optional' | 'plain';
}

export interface GuardOptions {
  /** The directory of public keys; it has to exist, and may be empty. */
  readonly keysDir: string;
  readonly token?: TokenOptions;
  /** What `broker-guard revoke` writes, followed as the keys are; nothing can be revoked unless a file is named. */
  readonly revocations?: { readonly file: string };
  /** Who may do what; without it every issuer may do everything that its sidecar does not forbid. */
  readonly policy?: PolicyOptions;
  /** Whose actions the policy and the sidecars speak of: `nanomq` unless told. */
  readonly profile?: ProfileName;
  /** Takes a record of each request that a middleware or handler has judged. */
  readonly audit?: (record: AuditRecord) => void;
  /** Takes one line for the operator; standard error unless told. */
  readonly report?: (line: string) => void;
}

const NAMES = new Set(['keysDir', 'token', 'revocations', 'policy', 'profile', 'audit', 'report']);
const SCHEMA = guardSchema.pick({ keys_dir: true, token: true, revocations: true, policy: true });

/** @throws SettingsFailure with every problem, each with its name */
export function readOptions(options: GuardOptions): CoreSettings {
  const { keysDir, token, revocations, policy, profile = 'nanomq' } = options ?? {};
  const block = { keys_dir: keysDir, token: toSettings(token), revocations, policy: toPolicyBlock(policy) };
  const parsed = SCHEMA.safeParse(block, { reportInput: true });
  const reading = parsed.success && isProfile(profile) ? readPolicy(parsed.data.policy, profile) : undefined;
  const problems = [
    ...listOwnProblems(options ?? {}),
    ...[
      ...(parsed.success ? [] : toProblems('guard', parsed.error.issues, () => undefined)),
      ...(reading?.problems ?? []),
    ].map(toOptionProblem),
  ];
  if (problems.length > 0 || !parsed.success || reading === undefined) throw new SettingsFailure(problems);
  return {
    keysDirectory: resolve(parsed.data.keys_dir),
    extraKeyFiles: [],
    revocationsFile: revocations === undefined ? undefined : resolve(parsed.data.revocations.file),
    issuerSuffixOptional: parsed.data.token.issuer_suffix === 'optional',
    token: buildToken(parsed.data.token),
    upstream: { profile },
    policy: reading.settings,
  };
}

const isProfile = (name: unknown): name is ProfileName =>
  (PROFILE_NAMES as readonly unknown[]).includes(name);

/** Unknown names, and options that must be functions or texts. */
function listOwnProblems(options: GuardOptions): Problem[] {
  const { keysDir, token, policy, profile = 'nanomq' } = options;
  const functions = (['audit', 'report'] as const).filter((name) => options[name] !== undefined);
  return [
    ...(keysDir === undefined ? ['keysDir is missing: name the directory of the keys'] : []),
    ...(keysDir !== undefined && typeof keysDir !== 'string' ? ['keysDir must be a text'] : []),
    ...Object.keys(options)
      .filter((name) => !NAMES.has(name))
      .map((name) => `${name} is unknown; known here: ${[...NAMES].join(', ')}`),
    ...functions
      .filter((name) => typeof options[name] !== 'function')
      .map((name) => `${name} must be a function`),
    ...(isProfile(profile) ? [] : [`profile must be one of ${PROFILE_NAMES.join(', ')}`]),
    ...listSettingNames(token, 'token'),
    ...listForeignNames(policy),
  ].map((message) => ({ message }));
}

/** The schema speaks of settings as they stand in a file. */
const toOptionProblem = ({ message }: Problem): Problem => ({
  message: toOptionNames(message.replace(/^guard\./, '')),
});

/** But for what is in quotes, names of issuers among it, and the names of roles. */
const toOptionNames = (message: string): string =>
  message
    .split('"')
    .map((part, index) => (index % 2 === 1 || part.startsWith('policy.roles.') ? part : toCamelCase(part)))
    .join('"');
