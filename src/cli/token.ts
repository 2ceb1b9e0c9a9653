// `broker-guard token`: mints a token the way the broker's manual describes it, from an openssl-made key too.
import { basename } from 'node:path';
import { parseDurationMs } from '../config/units.ts';
import type { Algorithm } from '../token/algorithms.ts';
import { signToken } from '../token/sign.ts';
import { readPrivateKey } from './private-key.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface TokenFlags {
  readonly issuer?: string;
  readonly lifetime: string;
  readonly subject?: string;
  readonly tokenId?: string;
  readonly audience?: readonly string[];
  readonly algorithm: Algorithm;
  readonly bodyEncode: '0' | '1';
  readonly json?: boolean;
}

export async function runToken(terminal: Terminal, file: string, flags: TokenFlags): Promise<ExitCode> {
  const lifetimeSeconds = Math.floor((parseDurationMs(flags.lifetime) ?? 0) / 1000);
  if (lifetimeSeconds < 1) {
    terminal.report('--lifetime must be a duration of at least a second, such as 15m, 1h or 7d');
    return EXIT.misused;
  }
  const issuer = flags.issuer ?? nameIssuer(file);
  if (issuer === undefined) {
    terminal.report('--issuer is needed: standard input has no file name to take it from');
    return EXIT.misused;
  }
  const key = await readPrivateKey(file, terminal);
  const { subject, tokenId, audience, algorithm } = flags;
  const signed = await signToken(
    {
      issuer,
      issuedAt: Math.floor(terminal.now() / 1000),
      lifetimeSeconds,
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

/** `ops.key` and `ops.pem` sign for `ops.pub`. */
function nameIssuer(file: string): string | undefined {
  return file === '-' ? undefined : `${basename(file).replace(/\.(?:key|pem)$/, '')}.pub`;
}
