// One line of the revocations file: which tokens it names, and until when. It stands for itself, so that files can be merged
// line by line in any order; no line takes another one back.
import { type JsonObject, parseJsonObject } from '../token/json.ts';

/** What tokens are named by; the words are members of the line. */
export const NAMED_BY = ['jti', 'subject', 'key', 'token_sha256', 'before'] as const;

export type NamedBy = (typeof NAMED_BY)[number];

interface Revoking {
  /** Undefined where a key or a token is meant, whoever's it is. */
  readonly issuer?: string | undefined;
  /** Unix seconds from which on it no longer counts; infinity where it never ends. */
  readonly until: number;
  /** Unix seconds of the revocation itself. */
  readonly at?: number | undefined;
  /** For people. */
  readonly reason?: string | undefined;
}

export type Revocation = Revoking &
  (
    | { readonly by: Exclude<NamedBy, 'before'>; readonly value: string }
    /** Unix seconds: every token that was issued earlier, or does not say when. */
    | { readonly by: 'before'; readonly value: number }
  );

export interface Flaw {
  readonly flaw: string;
}

/** RFC 7638 thumbprints and digests of tokens: 32 bytes in base64url. */
export const isDigest = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text);

const OTHERS = ['issuer', 'until', 'at', 'reason'];
/** 13 digits and more cannot be seconds before the year 33658: whoever writes them means milliseconds. */
const FIRST_MILLISECONDS = 1e12;

/** The line, without its end. */
export function writeEntry({ issuer, by, value, until, reason, at }: Revocation): string {
  return JSON.stringify({ issuer, [by]: value, until: until === Infinity ? undefined : until, at, reason });
}

/** The flaw finishes the sentence "the line ...". */
export function readEntry(line: string): Revocation | Flaw {
  const members = parseJsonObject(Buffer.from(line));
  if (members === undefined) return { flaw: 'is no JSON object with unique member names' };
  const by = NAMED_BY.filter((name) => members[name] !== undefined);
  const [name] = by;
  if (name === undefined || by.length > 1)
    return { flaw: `must name tokens by one of ${NAMED_BY.join(', ')}` };
  const flaw = findUnknown(members) ?? findFlaw(members, name);
  return flaw === undefined ? toRevocation(members, name) : { flaw };
}

function findUnknown(members: JsonObject): string | undefined {
  const unknown = Object.keys(members).find(
    (name) => !OTHERS.includes(name) && !NAMED_BY.some((known) => known === name),
  );
  return unknown === undefined ? undefined : `has a member ${JSON.stringify(unknown)}, which is unknown`;
}

function findFlaw(members: JsonObject, by: NamedBy): string | undefined {
  const { issuer, reason } = members;
  const isDigested = by === 'key' || by === 'token_sha256';
  if (issuer === undefined && !isDigested) return `must name the issuer whose ${by} it is`;
  if (issuer !== undefined && !isName(issuer)) return 'has an issuer that is no text';
  if (reason !== undefined && typeof reason !== 'string') return 'has a reason that is no text';
  for (const name of ['until', 'at', 'before'] as const) {
    const flaw = members[name] === undefined ? undefined : findTimeFlaw(members[name]);
    if (flaw !== undefined) return `has a member ${name} that ${flaw}`;
  }
  if (by === 'before') return undefined;
  const value = members[by];
  if (!isName(value)) return `has a ${by} that is no text`;
  return isDigested && !isDigest(value) ? `has a ${by} that is not 32 bytes in base64url` : undefined;
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.isWellFormed();

function findTimeFlaw(value: unknown): string | undefined {
  if (typeof value !== 'number' || value < 0) return 'is no Unix time in seconds';
  return value >= FIRST_MILLISECONDS ? 'looks like milliseconds: write seconds' : undefined;
}

function toRevocation(members: JsonObject, by: NamedBy): Revocation {
  const { issuer, until = Infinity, at, reason } = members;
  return { issuer, by, value: members[by], until, at, reason } as Revocation;
}
