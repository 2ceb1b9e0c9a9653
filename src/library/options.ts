// What another program gives `openGuard`: the names of the settings in camel case, judged by the settings' own schema.
import { resolve } from 'node:path';
import { toProblems } from '../config/problems.ts';
import { guardSchema } from '../config/schema.ts';
import { buildToken } from '../config/settings.ts';
import type { CoreSettings } from '../core.ts';
import { type Problem, SettingsFailure } from '../failure.ts';
import type { AuditRecord } from '../observe/audit/record.ts';
import type { Algorithm } from '../token/algorithms.ts';

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
  /** Takes a record of each request that a middleware or handler has judged. */
  readonly audit?: (record: AuditRecord) => void;
  /** Takes one line for the operator; standard error unless told. */
  readonly report?: (line: string) => void;
}

const NAMES = new Set(['keysDir', 'token', 'revocations', 'audit', 'report']);
const SCHEMA = guardSchema.pick({ keys_dir: true, token: true, revocations: true });

/** Every issuer has everything: what its actions are is the program's own matter. */
const WITHOUT_POLICY = {
  upstream: { profile: 'nanomq' },
  policy: { defaultRole: 'admin', observe: false, roles: {}, issuers: {}, open: [] },
} as const;

/** @throws SettingsFailure with every problem, each with its name */
export function readOptions(options: GuardOptions): CoreSettings {
  const { keysDir, token, revocations } = options ?? {};
  const written = { keys_dir: keysDir, token: toSettings(token), revocations };
  const parsed = SCHEMA.safeParse(written, { reportInput: true });
  const problems = [
    ...listOwnProblems(options ?? {}),
    ...(parsed.success ? [] : toProblems('guard', parsed.error.issues, () => undefined).map(toOptionProblem)),
  ];
  if (problems.length > 0 || !parsed.success) throw new SettingsFailure(problems);
  return {
    keysDirectory: resolve(parsed.data.keys_dir),
    extraKeyFiles: [],
    revocationsFile: revocations === undefined ? undefined : resolve(parsed.data.revocations.file),
    issuerSuffixOptional: parsed.data.token.issuer_suffix === 'optional',
    token: buildToken(parsed.data.token),
    ...WITHOUT_POLICY,
  };
}

/** Unknown names, and options that must be functions or texts. */
function listOwnProblems(options: GuardOptions): Problem[] {
  const { keysDir, token } = options;
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
    ...namesOf(token)
      .filter(isSettingName)
      .map((name) => `token.${name} is unknown; did you mean ${toCamelCase(name)}?`),
  ].map((message) => ({ message }));
}

/** The schema speaks of settings as they stand in a file. */
const toOptionProblem = ({ message }: Problem): Problem => ({
  message: toCamelCase(message.replace(/^guard\./, '')),
});

/** Spelled as in a settings file: refused, or one option would have two names. */
const isSettingName = (name: string): boolean => name.includes('_');
const toCamelCase = (text: string): string =>
  text.replace(/(?<=[a-z])_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const toSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const namesOf = (block: unknown): string[] =>
  typeof block === 'object' && block !== null ? Object.keys(block) : [];

function toSettings(token: unknown): unknown {
  if (typeof token !== 'object' || token === null || Array.isArray(token)) return token;
  const members = Object.entries(token).filter(([name]) => !isSettingName(name));
  return Object.fromEntries(members.map(([name, value]) => [toSnakeCase(name), value]));
}
