// `broker-guard token`: mints a token the way the broker's manual describes it, from an openssl-made key too.
import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { JWTPayload } from 'jose';
import { parseDurationMs } from '../config/units.ts';
import { Failure } from '../failure.ts';
import type { Algorithm } from '../token/algorithms.ts';
import { isIssuerName } from '../token/issuer-name.ts';
import { makeClaims, signToken } from '../token/sign.ts';
import { algorithmsToSign, readPrivateKey } from './private-key.ts';
import { inspectSource } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';
import { type ClaimFlags, type Claims, readClaimFlags } from './token-claims.ts';
import { isGoodForLong, openTokenFile, type Wanted, writeToken } from './token-out.ts';

interface TokenFlags extends ClaimFlags {
  readonly config?: string;
  readonly keysDir?: string;
  readonly issuer?: string;
  readonly lifetime: string;
  readonly subject?: string;
  readonly tokenId?: string;
  readonly audience?: readonly string[];
  readonly algorithm?: Algorithm;
  readonly bodyEncode: '0' | '1';
  readonly out?: string;
  readonly renew?: boolean;
  readonly json?: boolean;
}

/** Longer than anybody means; beyond it `exp` would run out of digits. */
const MAX_LIFETIME_SECONDS = 36_500 * 86_400;

export async function runToken(terminal: Terminal, file: string, flags: TokenFlags): Promise<ExitCode> {
  const issuer = flags.issuer ?? nameIssuer(file, flags);
  const further = readClaimFlags(flags);
  const misuse = findMisuse(file, issuer, flags) ?? ('flaw' in further ? further.flaw : undefined);
  if (misuse !== undefined || 'flaw' in further) return refuse(terminal, misuse as string);
  const key = await readPrivateKey(file, terminal);
  const algorithm = selectAlgorithm(key, flags.algorithm);
  if (algorithm === undefined) {
    const fitting = algorithmsToSign(key).join(', ');
    return refuse(
      terminal,
      `--algorithm ${flags.algorithm} is not for this key, which signs with ${fitting}`,
    );
  }
  const claims = describeToken(terminal, issuer, flags, further.claims);
  const wanted = { claims, algorithm, key } as Wanted;
  return flags.out === undefined
    ? print(terminal, wanted, flags)
    : writeOut(terminal, flags.out, wanted, flags);
}

function refuse({ report }: Terminal, misuse: string): ExitCode {
  report(misuse);
  return EXIT.misused;
}

function selectAlgorithm(key: KeyObject, asked: Algorithm | undefined): Algorithm | undefined {
  const fitting = algorithmsToSign(key);
  return asked === undefined ? fitting[0] : fitting.find((algorithm) => algorithm === asked);
}

function describeToken({ now }: Terminal, issuer: string, flags: TokenFlags, further: Claims): JWTPayload {
  const { subject, tokenId, audience, bodyEncode, lifetime } = flags;
  return makeClaims({
    issuer,
    issuedAt: Math.floor(now() / 1000),
    lifetimeSeconds: readLifetimeSeconds(lifetime),
    bodyEncode: bodyEncode === '1' ? 1 : 0,
    subject,
    tokenId,
    audience,
    further,
  });
}

async function print(terminal: Terminal, wanted: Wanted, flags: TokenFlags): Promise<ExitCode> {
  const token = await sign(terminal, wanted, flags);
  terminal.print(`${flags.json ? JSON.stringify({ token, claims: wanted.claims }) : token}\n`);
  return EXIT.done;
}

/** Quiet where all is well: cron sends a letter for every line. */
async function writeOut(
  terminal: Terminal,
  name: string,
  wanted: Wanted,
  flags: TokenFlags,
): Promise<ExitCode> {
  const file = openTokenFile(name);
  const stays = flags.renew === true && file.token !== undefined && isGoodForLong(file.token, wanted);
  if (!stays) await writeToken(file, await sign(terminal, wanted, flags));
  if (flags.json) terminal.print(`${JSON.stringify({ file: file.path, written: !stays })}\n`);
  return EXIT.done;
}

const DEFAULT_MAX_BYTES = 8192;

async function sign(terminal: Terminal, { claims, algorithm, key }: Wanted, flags: TokenFlags) {
  const token = await signToken(claims, algorithm, key);
  const most = readSource(flags)?.settings?.token.maxTokenBytes ?? DEFAULT_MAX_BYTES;
  if (token.length > most)
    terminal.report(
      `warning: the token has ${token.length} bytes, and the guard takes ${most} (guard.token.max_bytes)`,
    );
  return token;
}

/** What no guard would ever accept, and what is not done, as a sentence. */
function findMisuse(file: string, issuer: string, flags: TokenFlags): string | undefined {
  const lifetimeSeconds = readLifetimeSeconds(flags.lifetime);
  if (lifetimeSeconds < 1 || lifetimeSeconds > MAX_LIFETIME_SECONDS) {
    return '--lifetime must be a duration from 1s to 36500d, such as 15m, 1h or 7d';
  }
  if (flags.renew && flags.out === undefined) return '--renew needs --out FILE, the file of the token';
  if (flags.issuer === undefined && file === '-') {
    return '--issuer is needed: standard input has no file name to take it from';
  }
  if (isIssuerName(issuer)) return undefined;
  if (file.includes('-----BEGIN'))
    return 'the key goes into a file or to standard input (-), never into an argument';
  const what =
    flags.issuer === undefined
      ? 'the name of the key file cannot be an issuer name'
      : '--issuer is no issuer name';
  return `${what}: 1 to 128 characters of A-Z a-z 0-9 . _ -, not beginning with a dot. Say --issuer NAME.pub, the file the guard has`;
}

const readLifetimeSeconds = (text: string): number => Math.floor((parseDurationMs(text) ?? 0) / 1000);

/**
 * `ops.key` and `ops.pem` sign for `ops.pub`; for `ops.key.pub`, as `ssh-keygen` and many a recipe name it, or `ops.2.key`,
 * as `keygen --add` names it, for what lies in the keys directory.
 */
function nameIssuer(file: string, flags: TokenFlags): string {
  const name = basename(file);
  const stem = name.replace(/\.(?:key|pem)$/, '');
  const usual = `${stem}.pub`;
  const directory = flags.keysDir ?? readSource(flags)?.files.keysDirectory;
  const candidates = [usual, `${name}.pub`, `${stem.replace(/\.\d+$/, '')}.pub`];
  return candidates.find((issuer) => directory !== undefined && existsSync(join(directory, issuer))) ?? usual;
}

/** A token can be signed where there is neither a directory nor a good settings file. */
function readSource(flags: TokenFlags) {
  try {
    return inspectSource(flags);
  } catch (error) {
    if (error instanceof Failure && flags.config === undefined) return undefined;
    throw error;
  }
}
