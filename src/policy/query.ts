// Which names a query may hold, where that decides what a call does.
import type { QueryRule } from './broker-api.ts';
import type { SecretMembers } from './secret-members.ts';

/** No quotes, no blanks, nothing that an expression could be made of. */
const PLAIN = /^[\w.:@,/-]*$/;

/** What is wrong with the query of a target, as a sentence without anything of it. */
export function findQueryFault({ allowed, barred, plain }: QueryRule, target: string): string | undefined {
  const mark = target.indexOf('?');
  if (mark === -1) return undefined;
  for (const [name, value] of new URLSearchParams(target.slice(mark + 1))) {
    if (barred.has(name)) return 'The query of this call may not hold a name that stands in it.';
    if (allowed !== undefined && !allowed.has(name)) return describeAllowed(allowed);
    if (plain.has(name) && !PLAIN.test(value))
      return `The value of ${name} in the query has to be a plain name.`;
  }
  return undefined;
}

const describeAllowed = (allowed: ReadonlySet<string>): string =>
  allowed.size === 0
    ? 'The query of this call may hold no name.'
    : `The query of this call may hold only ${[...allowed].join(', ')}.`;

/**
 * Of a read whose secrets are left out: a query that sorts or filters by them would tell them bit by bit.
 * @returns what is wrong, as a sentence
 */
export function findSecretAsked(secrets: SecretMembers, target: string): string | undefined {
  const mark = target.indexOf('?');
  if (mark === -1) return undefined;
  for (const [name, value] of new URLSearchParams(target.slice(mark + 1))) {
    const asked = name.replace(/^-+/, '');
    const members = asked.toLowerCase() === 'sort' ? value.split(',') : [asked];
    if (members.some((member) => secrets.has(member, []))) return SECRET_ASKED;
  }
  return undefined;
}

const SECRET_ASKED =
  'The query of this call may not ask for what is left out of its answer: it needs secrets.';
