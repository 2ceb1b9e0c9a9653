// The claims of a token that are asked for by --scope, --acl and --claim. Knows not what the guard makes of them.
import { readWhole } from '../files/read.ts';
import { isFlaw, readAclClaim } from '../policy/acl-claim.ts';

export interface ClaimFlags {
  readonly scope?: string;
  readonly acl?: string;
  readonly claim?: readonly string[];
}

export type Claims = Readonly<Record<string, unknown>>;

interface Flaw {
  /** A sentence for whoever typed the command. */
  readonly flaw: string;
}

/** Claims that have a flag of their own, and those that nobody sets by hand. */
const TAKEN: ReadonlyMap<string, string> = new Map([
  ['iss', '--issuer'],
  ['sub', '--subject'],
  ['jti', '--token-id'],
  ['aud', '--audience'],
  ['exp', '--lifetime'],
  ['iat', 'the clock'],
  ['bodyEncode', '--body-encode'],
  ['scope', '--scope'],
  ['acl', '--acl'],
]);

export function readClaimFlags({ scope, acl, claim = [] }: ClaimFlags): { claims: Claims } | Flaw {
  const claims: [string, unknown][] = [];
  if (scope !== undefined) claims.push(['scope', scope]);
  for (const text of claim) {
    const read = readClaim(text);
    if ('flaw' in read) return read;
    claims.push([read.name, read.value]);
  }
  if (acl !== undefined) {
    const read = readAcl(acl);
    if ('flaw' in read) return read;
    claims.push(['acl', read.value]);
  }
  return { claims: Object.fromEntries(claims) };
}

function readClaim(text: string): { name: string; value: unknown } | Flaw {
  const [, name = '', json = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (name === '')
    return { flaw: '--claim is NAME=JSON, such as --claim \'team="plant"\' or --claim level=3' };
  const other = TAKEN.get(name);
  if (other !== undefined) return { flaw: `--claim ${name}: this one is set by ${other}` };
  const value = parseJson(json);
  return value === undefined
    ? { flaw: `--claim ${name}: the value is no JSON; a text needs its quotes: --claim '${name}="text"'` }
    : { name, value };
}

function readAcl(file: string): { value: unknown } | Flaw {
  let text: string;
  try {
    text = readWhole(file, { mayWait: true }).toString();
  } catch (error) {
    return { flaw: `--acl: ${file} cannot be read (${(error as Error).message})` };
  }
  const value = parseJson(text);
  if (value === undefined) return { flaw: `--acl: ${file} holds no JSON` };
  const read = readAclClaim('acl', value);
  return isFlaw(read) ? { flaw: `--acl: ${file} would be refused: ${read.flaw}` } : { value };
}

/** Undefined where it is none; JSON itself has no such value. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
