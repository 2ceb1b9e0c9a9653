// The rules of one issuer as they are written, in the settings and in sidecars alike: names, forms, and words that have to
// mean something.
import { z } from 'zod';
import type { Problem } from '../failure.ts';
import type { IssuerRules } from '../keystore/issuer-rules.ts';
import { isTopicFilter } from '../policy/topic.ts';
import type { Vocabulary } from '../policy/vocabulary.ts';
import { suggestName } from './nearest.ts';
import { type FindPlace, problemAt, toProblems } from './problems.ts';
import { parseDurationMs } from './units.ts';
import { flag, listOf, network, scalarAs, text } from './values.ts';

const DAY_SECONDS = 86_400;
const INSTANT = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/;

/** `Date.parse` takes 30 February for 2 March. */
function isDay(text: string): boolean {
  const ms = Date.parse(text);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text);
}

/** A day counts to its end. */
const instant = scalarAs(
  'a day such as "2027-01-31" or a time such as "2027-01-31T18:00:00Z", in quotes',
  (value) => {
    const [, day] = INSTANT.exec(value) ?? [];
    const seconds = day !== undefined && isDay(day) ? Date.parse(value) / 1000 : Number.NaN;
    if (!Number.isFinite(seconds)) return undefined;
    return value.includes('T') ? seconds : seconds + DAY_SECONDS - 1;
  },
);

const lifetime = scalarAs('a duration such as 15m, 1h or 7d', (value) => {
  const ms = parseDurationMs(value);
  return ms !== undefined && ms > 0 ? ms / 1000 : undefined;
});

const subject = scalarAs('a text, or a beginning and one * at its end', (value) =>
  value === '' || value.slice(0, -1).includes('*') ? undefined : value,
);

const topicFilter = scalarAs('an MQTT topic filter such as "line-1/#"', (value) =>
  isTopicFilter(value) ? value : undefined,
);

/** No list of a policy may be empty by oversight; `roles = []` says that there are none. */
const toList = (value: unknown) => (Array.isArray(value) ? value : [value]);
const words = z.preprocess(toList, z.array(text));

export const issuerRulesSchema = z.strictObject({
  roles: words.optional(),
  allow: words.optional(),
  deny: words.optional(),
  audience: listOf(text).optional(),
  subjects: listOf(subject).optional(),
  max_lifetime: lifetime.optional(),
  sources: listOf(network).optional(),
  client_certificates: listOf(subject).optional(),
  not_after: instant.optional(),
  publish: z.preprocess(toList, z.array(topicFilter)).optional(),
  observe: flag.optional(),
});

export interface RulesReading {
  readonly rules: IssuerRules;
  readonly problems: readonly Problem[];
}

/** @param path where the block stands */
export function readIssuerRules(
  block: unknown,
  path: readonly string[],
  vocabulary: Vocabulary,
  find: FindPlace,
): RulesReading {
  const parsed = issuerRulesSchema.safeParse(block, { reportInput: true });
  const unknown = listUnknownRights(block, path, vocabulary, find);
  if (!parsed.success) {
    const problems = toProblems(path, parsed.error.issues, find, issuerRulesSchema);
    return { rules: {}, problems: [...problems, ...unknown] };
  }
  const { max_lifetime, not_after, client_certificates, ...others } = parsed.data;
  return {
    rules: withoutAbsent({
      ...others,
      clientCertificates: client_certificates,
      maxLifetimeSeconds: max_lifetime,
      notAfter: not_after,
    }),
    problems: [...unknown, ...listUnjudged(others.publish, [...path, 'publish'], vocabulary, find)],
  };
}

const rightsSchema = z.object({
  roles: words.optional().catch(undefined),
  allow: words.optional().catch(undefined),
  deny: words.optional().catch(undefined),
});

/** Told beside whatever else is wrong with the block. */
function listUnknownRights(
  block: unknown,
  path: readonly string[],
  vocabulary: Vocabulary,
  find: FindPlace,
): Problem[] {
  const { roles, allow, deny } = rightsSchema.safeParse(block).data ?? {};
  return [
    ...listUnknown(roles, [...path, 'roles'], vocabulary.roleNames, find),
    ...listUnknownWords(allow, [...path, 'allow'], vocabulary, find),
    ...listUnknownWords(deny, [...path, 'deny'], vocabulary, find),
  ];
}

/** A rule that would be judged nowhere. */
function listUnjudged(
  filters: readonly string[] | undefined,
  path: readonly string[],
  { profile }: Vocabulary,
  find: FindPlace,
): Problem[] {
  if (filters === undefined || profile.routes.some(({ publish }) => publish !== undefined)) return [];
  return [
    problemAt(
      path,
      `has no meaning with the profile ${profile.name}, which has no call that publishes`,
      find,
    ),
  ];
}

/** Words that are no class, action, pattern or role of this broker. */
export function listUnknownWords(
  words: readonly string[] | undefined,
  path: readonly string[],
  vocabulary: Vocabulary,
  find: FindPlace,
): Problem[] {
  const unknown = words?.filter((word) => !vocabulary.isKnown(word));
  return listUnknown(unknown, path, vocabulary.words, find);
}

export function listUnknown(
  words: readonly string[] | undefined,
  path: readonly string[],
  known: readonly string[],
  find: FindPlace,
): Problem[] {
  return (words ?? [])
    .filter((word) => !known.includes(word))
    .map((word) =>
      problemAt(path, `names ${JSON.stringify(word)}, which is unknown${suggestWord(known, word)}`, find),
    );
}

const MOST_LISTED = 30;

/** Hundreds of actions would help nobody. */
function suggestWord(known: readonly string[], word: string): string {
  const suggestion = suggestName(known, word);
  const isList = suggestion.startsWith('; known here');
  return isList && known.length > MOST_LISTED
    ? '; broker-guard policy table lists all there are'
    : suggestion;
}

const withoutAbsent = (rules: IssuerRules): IssuerRules =>
  Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined));
