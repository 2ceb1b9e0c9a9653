// `broker-guard keygen`: a key pair whose public half works at once and whose private half is nobody else's.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { generateKeyPair } from '../keystore/generate.ts';
import { readSettings } from './settings-source.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface KeygenFlags {
  readonly config?: string;
  readonly keysDir?: string;
  readonly out: string;
  readonly bits: string;
  readonly json?: boolean;
}

export async function runKeygen(terminal: Terminal, name: string, flags: KeygenFlags): Promise<ExitCode> {
  const keysDirectory =
    flags.keysDir === undefined ? readSettings(flags).keysDirectory : resolve(flags.keysDir);
  if (!existsSync(keysDirectory)) {
    terminal.report(`there is no directory ${keysDirectory}: create it, or name another with --keys-dir`);
    return EXIT.misused;
  }
  const made = await generateKeyPair({
    name,
    keysDirectory,
    privateDirectory: resolve(flags.out),
    bits: Number(flags.bits),
  });
  if (flags.json) terminal.print(`${JSON.stringify(made)}\n`);
  else {
    terminal.print(
      `private half: ${made.privateFile} (keep it secret)\npublic half:  ${made.publicFile}\n` +
        `thumbprint:   ${made.thumbprint}\nA token:      ${terminal.self} token ${made.privateFile}\n`,
    );
  }
  return EXIT.done;
}
