// `guard.policy { }`: own roles, rules by issuer, and what is open without a token. Its names are the operator's own, and
// its words those of the broker that `guard.upstream.profile` names.
import { z } from 'zod';
import type { Problem } from '../failure.ts';
import type { IssuerRules } from '../keystore/issuer-rules.ts';
import { hasKeySuffix } from '../keystore/names.ts';
import { canBeOpen, type OpenRule } from '../policy/open-actions.ts';
import type { PolicySettings } from '../policy/policy.ts';
import { loadProfile, type ProfileName } from '../policy/profile.ts';
import { type OwnRoles, Vocabulary } from '../policy/vocabulary.ts';
import { isIssuerName } from '../token/issuer-name.ts';
import { listUnknown, listUnknownWords, readIssuerRules } from './issuer-rules.ts';
import { type FindPlace, problemAt, toProblems } from './problems.ts';
import type { GuardBlock } from './schema.ts';
import { listOf, network, text } from './values.ts';

export interface PolicyReading {
  readonly settings: PolicySettings;
  readonly problems: readonly Problem[];
}

type Block = Readonly<Record<string, unknown>>;

/** No role at all. */
const NO_ROLE = 'none';
const ROLE_NAME = /^[A-Za-z][\w-]{0,63}$/;
const PATH = ['guard', 'policy'];

/** @param issuerNames of key files named outright, whose names need no suffix */
export function readPolicyBlock(
  { default_role, observe, roles, issuers, open }: GuardBlock['policy'],
  profile: ProfileName,
  issuerNames: readonly string[],
  find: FindPlace,
): PolicyReading {
  const builtIn = new Vocabulary(loadProfile(profile), {});
  const own = readRoles(roles, builtIn, find);
  const vocabulary = new Vocabulary(builtIn.profile, own.roles);
  const rules = readIssuers(issuers, vocabulary, issuerNames, find);
  const opened = readOpen(open, vocabulary, find);
  return {
    settings: {
      defaultRole: default_role === NO_ROLE ? undefined : default_role,
      observe,
      roles: own.roles,
      issuers: rules.issuers,
      open: opened.rules,
    },
    problems: [
      ...own.problems,
      ...listUnknown([default_role], [...PATH, 'default_role'], [...vocabulary.roleNames, NO_ROLE], find),
      ...rules.problems,
      ...opened.problems,
    ],
  };
}

const isBlock = (value: unknown): value is Block =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readRoles(value: unknown, vocabulary: Vocabulary, find: FindPlace) {
  const path = [...PATH, 'roles'];
  if (value === undefined) return { roles: {}, problems: [] };
  if (!isBlock(value))
    return { roles: {}, problems: [problemAt(path, 'must be a block { NAME = [words] }', find)] };
  const roles: [string, readonly string[]][] = [];
  const problems: Problem[] = [];
  for (const [name, words] of Object.entries(value)) {
    const place = [...path, name];
    const parsed = z.array(text).safeParse(Array.isArray(words) ? words : [words]);
    if (!ROLE_NAME.test(name))
      problems.push(problemAt(place, 'is no name of a role: a letter, then letters, digits, _ and -', find));
    else if (vocabulary.isKnown(name) || name === NO_ROLE)
      problems.push(problemAt(place, 'has this meaning already: give the role another name', find));
    if (parsed.success) problems.push(...listUnknownWords(parsed.data, place, vocabulary, find));
    else problems.push(problemAt(place, 'must be a list of classes, actions and roles', find));
    // A mistaken one stops the start, but whoever names it makes no mistake of their own.
    if (!vocabulary.isKnown(name)) roles.push([name, parsed.data ?? []]);
  }
  const own: OwnRoles = Object.fromEntries(roles);
  return { roles: own, problems };
}

function readIssuers(
  value: unknown,
  vocabulary: Vocabulary,
  issuerNames: readonly string[],
  find: FindPlace,
) {
  const path = [...PATH, 'issuers'];
  if (value === undefined) return { issuers: {}, problems: [] };
  if (!isBlock(value))
    return { issuers: {}, problems: [problemAt(path, 'must be a block { NAME { } }', find)] };
  const issuers: [string, IssuerRules][] = [];
  const problems: Problem[] = [];
  for (const { name, place, rules } of listIssuers(value, path)) {
    const isFileName = isIssuerName(name) && (hasKeySuffix(name) || issuerNames.includes(name));
    if (!isFileName)
      problems.push(
        problemAt(place, 'is no issuer: say the full name of its key file, such as ops.pub', find),
      );
    if (issuers.some(([known]) => known === name))
      problems.push(problemAt(place, 'stands in two places, in two spellings: say it all in one', find));
    const reading = readIssuerRules(rules, place, vocabulary, find);
    problems.push(...reading.problems);
    issuers.push([name, reading.rules]);
  }
  return { issuers: Object.fromEntries(issuers), problems };
}

/** `ops.pub { }` without quotes is a block in a block: what is a block is a further part of the name. */
function* listIssuers(
  block: Block,
  path: readonly string[],
  before: readonly string[] = [],
): Iterable<{ readonly name: string; readonly place: readonly string[]; readonly rules: unknown }> {
  for (const [part, value] of Object.entries(block)) {
    const parts = [...before, part];
    const place = [...path, part];
    const members = isBlock(value) ? Object.entries(value) : [];
    const inner = Object.fromEntries(members.filter(([, member]) => isBlock(member)));
    const rules = members.filter(([, member]) => !isBlock(member));
    if (rules.length > 0 || members.length === 0)
      yield { name: parts.join('.'), place, rules: isBlock(value) ? Object.fromEntries(rules) : value };
    yield* listIssuers(inner, place, parts);
  }
}

const openSchema = z.strictObject({ actions: listOf(text), sources: listOf(network) });

function readOpen(value: unknown, vocabulary: Vocabulary, find: FindPlace) {
  const path = [...PATH, 'open'];
  const rules: OpenRule[] = [];
  const problems: Problem[] = [];
  if (value === undefined) return { rules, problems };
  for (const entry of Array.isArray(value) ? value : [value]) {
    const parsed = openSchema.safeParse(entry, { reportInput: true });
    if (!parsed.success) problems.push(...toProblems(path, parsed.error.issues, find, openSchema));
    else {
      rules.push(parsed.data);
      problems.push(...listClosed(parsed.data.actions, vocabulary, path, find));
    }
  }
  return { rules, problems };
}

/** Actions that are unknown, or that nobody may open: each by its name, so that no new one comes in by a pattern. */
function listClosed(
  actions: readonly string[],
  vocabulary: Vocabulary,
  path: readonly string[],
  find: FindPlace,
): Problem[] {
  const { routes } = vocabulary.profile;
  const known = new Set(routes.map(({ action }) => action.name));
  const closed = actions.filter(
    (name) => known.has(name) && !routes.some((route) => route.action.name === name && canBeOpen(route)),
  );
  return [
    ...listUnknown(actions, [...path, 'actions'], [...known], find),
    ...closed.map((name) =>
      problemAt(
        [...path, 'actions'],
        `names ${name}, which cannot be open: only a read without secrets can`,
        find,
      ),
    ),
  ];
}
