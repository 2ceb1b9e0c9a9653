// What the flags of `broker-guard revoke` mean: which tokens, and when the revocation ends. Whatever could be a secret comes
// from a file or standard input, and only its digest goes on.
import { suggestName } from '../config/nearest.ts';
import type { Settings } from '../config/settings.ts';
import { parseDurationMs } from '../config/units.ts';
import type { Core } from '../core.ts';
import { isDigest, type NamedBy, type Revocation } from '../revocation/entry.ts';
import { identifyToken } from '../token/identity.ts';
import { readLooseObject, readPayloadBytes, splitLoosely } from '../token/loose-jws.ts';
import { redact } from './redact.ts';
import type { Terminal } from './terminal.ts';
import { readToken } from './token-file.ts';

export interface RevokeFlags {
  readonly issuer?: string;
  readonly jti?: string;
  readonly subject?: string;
  readonly key?: string;
  readonly tokenFile?: string;
  readonly before?: string;
  readonly until?: string;
  readonly reason?: string;
}

interface Misuse {
  readonly misuse: string;
}

/** Nothing would be taken back: the tokens have ended. */
interface Needless {
  readonly needless: string;
}

type Named = Pick<Revocation, 'issuer'> & {
  readonly by: NamedBy;
  readonly value: string | number;
  /** When the last of these tokens ends; infinity where nobody knows. */
  readonly end: number;
};

type Means = Pick<Core, 'keys' | 'policy'> & { readonly settings: Settings };

const WAYS = ['jti', 'subject', 'key', 'tokenFile', 'before'] as const;
const MAX_REASON_LENGTH = 500;

export async function readRevocation(
  flags: RevokeFlags,
  means: Means,
  terminal: Terminal,
): Promise<Revocation | Misuse | Needless> {
  const now = terminal.now() / 1000;
  const misuse = findMisuse(flags);
  if (misuse !== undefined) return { misuse };
  const issuer = findIssuer(flags, means);
  if ('misuse' in issuer) return issuer;
  const named =
    flags.tokenFile === undefined
      ? readNames(flags, issuer.name, means, now)
      : nameToken(await readToken(terminal, flags.tokenFile), issuer.name, means);
  if ('misuse' in named) return named;
  const { end, ...names } = named;
  const until = flags.until === undefined ? end : readTime(flags.until, now, 'end');
  if (typeof until === 'string') return { misuse: `--until ${until}` };
  if (until <= now) {
    return flags.until === undefined
      ? { needless: 'nothing to revoke: these tokens have ended' }
      : { misuse: '--until must lie ahead' };
  }
  return { ...names, until, at: Math.floor(now), reason: flags.reason } as Revocation;
}

function findMisuse(flags: RevokeFlags): string | undefined {
  const ways = WAYS.filter((name) => flags[name] !== undefined);
  if (ways.length !== 1)
    return 'say which tokens by one of --jti, --subject, --key, --token-file and --before, or --list what is revoked';
  const texts = ['issuer', 'jti', 'subject', 'key', 'reason'] as const;
  const secret = texts.find((name) => flags[name] !== undefined && redact(flags[name]) !== flags[name]);
  if (secret !== undefined)
    return `--${secret} holds a token or a key: neither belongs on a command line. A token goes into a file (--token-file FILE) or to standard input (--token-file -)`;
  const empty = texts.find((name) => flags[name] === '');
  if (empty !== undefined) return `--${empty} must not be empty`;
  if ((flags.reason?.length ?? 0) > MAX_REASON_LENGTH)
    return `--reason has more than ${MAX_REASON_LENGTH} characters`;
  const needsIssuer = flags.key === undefined && flags.tokenFile === undefined;
  if (needsIssuer && flags.issuer === undefined) return `--issuer is needed: whose ${ways[0]} is it?`;
  return undefined;
}

/** By its full name, which tokens may shorten. */
function findIssuer(
  { issuer }: RevokeFlags,
  { keys, settings }: Means,
): { readonly name: string | undefined } | Misuse {
  if (issuer === undefined) return { name: undefined };
  const filed = keys.lookup(issuer);
  if (filed !== undefined) return { name: filed.name };
  // Tokens of these name issuers of their own.
  if (settings.mqtt.authentication.some(({ mechanism }) => mechanism !== 'keys-dir')) return { name: issuer };
  const known = [...keys.snapshot().issuers.keys()];
  return {
    misuse: `there is no issuer ${JSON.stringify(issuer)}${known.length === 0 ? '' : suggestName(known, issuer)}`,
  };
}

function readNames(
  flags: RevokeFlags,
  issuer: string | undefined,
  means: Means,
  now: number,
): Named | Misuse {
  const { jti, subject, key, before } = flags;
  const lifetime = issuer === undefined ? Infinity : findLifetime(issuer, means);
  const { expToleranceSeconds, iatToleranceSeconds } = means.settings.token;
  /** Of the last token that was issued by then. */
  const endAfter = (issued: number) => Math.ceil(issued + lifetime + expToleranceSeconds);
  const latest = now + iatToleranceSeconds;
  if (jti !== undefined) return { issuer, by: 'jti', value: jti, end: endAfter(latest) };
  if (subject !== undefined) return { issuer, by: 'subject', value: subject, end: endAfter(latest) };
  if (key !== undefined) {
    if (!isDigest(key)) return { misuse: '--key must be a thumbprint as broker-guard keys prints it' };
    // Whoever holds the private half can go on signing.
    return { issuer, by: 'key', value: key, end: Infinity };
  }
  const time = readTime(before ?? '', now, 'beginning');
  if (typeof time === 'string') return { misuse: `--before ${time}` };
  if (time > latest + 1)
    return { misuse: '--before must not lie ahead: tokens that are issued until then would be refused' };
  return { issuer, by: 'before', value: Math.ceil(time), end: endAfter(time) };
}

/** From `iat` to `exp` at most, by the settings of now; infinity where no setting says it, or the issuer is none of the keys. */
function findLifetime(issuer: string, { keys, policy, settings }: Means): number {
  const filed = keys.lookup(issuer);
  if (filed === undefined) return Infinity;
  return Math.min(settings.token.maxLifetimeSeconds ?? Infinity, policy.of(filed).maxLifetimeSeconds);
}

/** One token, whoever has signed it: its digest is of nothing else. */
function nameToken(token: string, issuer: string | undefined, { settings, keys }: Means): Named | Misuse {
  const digest = identifyToken(token);
  const read = digest === undefined ? undefined : splitLoosely(token);
  const bytes = read && readPayloadBytes(read);
  const claimed = bytes && readLooseObject(bytes)?.value;
  if (digest === undefined || claimed === undefined)
    return { misuse: 'there is no token in what --token-file names' };
  const { iss, exp } = claimed;
  const claimedIssuer = typeof iss === 'string' ? (keys.lookup(iss)?.name ?? iss) : undefined;
  if (issuer !== undefined && issuer !== claimedIssuer)
    return { misuse: `the token is of ${JSON.stringify(claimedIssuer ?? null)}, and not of ${issuer}` };
  const end = Number(exp ?? Number.NaN) + settings.token.expToleranceSeconds;
  return { issuer, by: 'token_sha256', value: digest, end: Number.isFinite(end) ? Math.ceil(end) : Infinity };
}

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/;
const DAY_SECONDS = 86_400;

/**
 * Unix seconds, or what is wrong.
 * @param day what of a day counts
 */
function readTime(text: string, now: number, day: 'beginning' | 'end'): number | string {
  if (text === 'now') return now;
  if (/^\d{13,}$/.test(text)) return 'looks like milliseconds: write seconds';
  if (/^\d{9,12}$/.test(text)) return Number(text);
  const ms = parseDurationMs(text);
  if (ms !== undefined) return day === 'end' ? now + ms / 1000 : now - ms / 1000;
  const seconds = TIME.test(text) ? Date.parse(text) / 1000 : Number.NaN;
  if (!Number.isFinite(seconds))
    return 'must be a time such as 2027-01-31T18:00:00Z, a day, Unix seconds, now, or a duration such as 2h';
  return text.includes('T') || day === 'beginning' ? seconds : seconds + DAY_SECONDS;
}
