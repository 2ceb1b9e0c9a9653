// `broker-guard token`: mints a token the way the broker's manual describes it, from an openssl-made key too.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseDurationMs } from '../config/units.ts';
import { Failure } from '../failure.ts';
import type { Algorithm } from '../token/algorithms.ts';
import { isIssuerName } from '../token/issuer-name.ts';
import { signToken } from '../token/sign.ts';
import { readPrivateKey } from './private-key.ts';
import { inspectSource } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface TokenFlags {
  readonly config?: string;
  readonly keysDir?: string;
  readonly issuer?: string;
  readonly lifetime: string;
  readonly subject?: string;
  readonly tokenId?: string;
  readonly audience?: readonly string[];
  readonly algorithm: Algorithm;
  readonly bodyEncode: '0' | '1';
  readonly json?: boolean;
}

/** Longer than anybody means; beyond it `exp` would run out of digits. */
const MAX_LIFETIME_SECONDS = 36_500 * 86_400;

export async function runToken(terminal: Terminal, file: string, flags: TokenFlags): Promise<ExitCode> {
  const issuer = flags.issuer ?? nameIssuer(file, flags);
  const misuse = findMisuse(file, issuer, flags);
  if (misuse !== undefined) {
    terminal.report(misuse);
    return EXIT.misused;
  }
  const key = await readPrivateKey(file, terminal);
  const { subject, tokenId, audience, algorithm } = flags;
  const signed = await signToken(
    {
      issuer,
      issuedAt: Math.floor(terminal.now() / 1000),
      lifetimeSeconds: readLifetimeSeconds(flags.lifetime),
      bodyEncode: flags.bodyEncode === '1' ? 1 : 0,
      algorithm,
      ...(subject !== undefined && { subject }),
      ...(tokenId !== undefined && { tokenId }),
      ...(audience !== undefined && { audience }),
    },
    key,
  );
  terminal.print(`${flags.json ? JSON.stringify(signed) : signed.token}\n`);
  return EXIT.done;
}

/** What no guard would ever accept, as a sentence. */
function findMisuse(file: string, issuer: string, flags: TokenFlags): string | undefined {
  const lifetimeSeconds = readLifetimeSeconds(flags.lifetime);
  if (lifetimeSeconds < 1 || lifetimeSeconds > MAX_LIFETIME_SECONDS) {
    return '--lifetime must be a duration from 1s to 36500d, such as 15m, 1h or 7d';
  }
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
 * `ops.key` and `ops.pem` sign for `ops.pub`; for `ops.key.pub`, as `ssh-keygen` and many a recipe name it, where that
 * is what lies in the keys directory.
 */
function nameIssuer(file: string, flags: TokenFlags): string {
  const name = basename(file);
  const [usual, longer] = [`${name.replace(/\.(?:key|pem)$/, '')}.pub`, `${name}.pub`];
  const directory = findKeysDirectory(flags);
  const isThere = (issuer: string): boolean => directory !== undefined && existsSync(join(directory, issuer));
  return isThere(longer) && !isThere(usual) ? longer : usual;
}

/** A token can be signed where there is neither a directory nor a good settings file. */
function findKeysDirectory(flags: TokenFlags): string | undefined {
  if (flags.keysDir !== undefined) return flags.keysDir;
  try {
    return inspectSource(flags).files.keysDirectory;
  } catch (error) {
    if (error instanceof Failure && flags.config === undefined) return undefined;
    throw error;
  }
}
