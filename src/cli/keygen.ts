// `broker-guard keygen`: a key pair whose public half works at once and whose private half is nobody else's.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { generateKeyPair, type KeyPairFiles } from '../keystore/generate.ts';
import { inspectSource, readSettings } from './settings-source.ts';
import { quoteForShell } from './shell.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface KeygenFlags {
  readonly config?: string;
  readonly keysDir?: string;
  readonly out: string;
  readonly bits: string;
  readonly json?: boolean;
}

export async function runKeygen(terminal: Terminal, name: string, flags: KeygenFlags): Promise<ExitCode> {
  const request = {
    name,
    ...findKeysDirectory(flags),
    privateDirectory: resolve(flags.out),
    bits: Number(flags.bits),
  };
  const missing = findMissingDirectory(request);
  if (missing !== undefined) {
    terminal.report(missing);
    return EXIT.misused;
  }
  try {
    const made = await generateKeyPair(request);
    terminal.print(flags.json ? `${JSON.stringify(made)}\n` : describePair(made, terminal.self));
    return EXIT.done;
  } catch (error) {
    // Here it can only be the name or the directories, as they stand on the command line.
    if (!(error instanceof Failure) || error.code !== 'key_file_invalid') throw error;
    terminal.report(error.message);
    return EXIT.misused;
  }
}

/** The default one is made where it is missing; one that was named may be a slip of the pen. */
function findKeysDirectory(flags: KeygenFlags): { keysDirectory: string; makesDirectory: boolean } {
  if (flags.keysDir !== undefined) return { keysDirectory: resolve(flags.keysDir), makesDirectory: false };
  const { keysDirectory } = readSettings(flags);
  return { keysDirectory, makesDirectory: inspectSource(flags).find(['guard', 'keys_dir']) === undefined };
}

function findMissingDirectory(request: {
  keysDirectory: string;
  makesDirectory: boolean;
  privateDirectory: string;
}): string | undefined {
  const { keysDirectory, makesDirectory, privateDirectory } = request;
  if (!makesDirectory && !existsSync(keysDirectory)) {
    return `there is no directory ${keysDirectory}: create it, or name another with --keys-dir`;
  }
  return existsSync(privateDirectory)
    ? undefined
    : `there is no directory ${privateDirectory}: create it, or name another with --out`;
}

function describePair({ privateFile, publicFile, thumbprint }: KeyPairFiles, self: string): string {
  return (
    `private half: ${privateFile} (keep it secret)\npublic half:  ${publicFile}\n` +
    `thumbprint:   ${thumbprint}\na token:      ${self} token ${quoteForShell(privateFile)}\n`
  );
}
