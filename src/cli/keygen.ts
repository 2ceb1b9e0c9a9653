// `broker-guard keygen`: a key pair whose public half works at once and whose private half is nobody else's.
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { generateKeyPair, type KeyPairFiles } from '../keystore/generate.ts';
import { type Algorithm, FILE_ALGORITHMS, fileKindFor } from '../token/algorithms.ts';
import { inspectSource, readSettings } from './settings-source.ts';
import { quoteForShell } from './shell.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface KeygenFlags {
  readonly config?: string;
  readonly keysDir?: string;
  readonly out: string;
  readonly algorithm: Algorithm;
  readonly bits?: string;
  readonly add?: boolean;
  readonly json?: boolean;
}

export async function runKeygen(terminal: Terminal, name: string, flags: KeygenFlags): Promise<ExitCode> {
  const { algorithm, bits, add: adds = false } = flags;
  const places = { ...findKeysDirectory(flags), privateDirectory: resolve(flags.out) };
  const misuse = findMisuse(flags) ?? findMissingDirectory(places);
  if (misuse !== undefined) {
    terminal.report(misuse);
    return EXIT.misused;
  }
  try {
    const size = bits === undefined ? {} : { bits: Number(bits) };
    const made = await generateKeyPair({ name, ...places, algorithm, ...size, adds });
    terminal.print(flags.json ? `${JSON.stringify(made)}\n` : describePair(made, terminal.self));
    reportUnlisted(terminal, flags);
    return EXIT.done;
  } catch (error) {
    // Here it can only be the name or the directories, as they stand on the command line.
    if (!(error instanceof Failure) || error.code !== 'key_file_invalid') throw error;
    terminal.report(error.message);
    return EXIT.misused;
  }
}

const findMisuse = ({ bits, algorithm }: KeygenFlags): string | undefined =>
  bits !== undefined && fileKindFor(algorithm) !== 'rsa'
    ? `--bits is for RSA; a key for ${algorithm} has one size`
    : undefined;

/** A key that the guard will not take, unless it is told of its algorithm. */
function reportUnlisted({ report }: Terminal, flags: KeygenFlags): void {
  const listed = inspectSource(flags).settings?.token.algorithms ?? FILE_ALGORITHMS;
  const kind = fileKindFor(flags.algorithm);
  if (listed.some((name) => fileKindFor(name) === kind)) return;
  report(
    `the guard takes such a key where the settings list its algorithm: guard.token.algorithms = [${[...listed, flags.algorithm].join(', ')}]`,
  );
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
  const issuer = basename(publicFile);
  // The key of a rotation has a number in its name.
  const isNamedSo = `${basename(privateFile, '.key')}.pub` === issuer;
  return (
    `private half: ${privateFile} (keep it secret)\npublic half:  ${publicFile}\n` +
    `thumbprint:   ${thumbprint}\na token:      ${self} token ${quoteForShell(privateFile)}${isNamedSo ? '' : ` --issuer ${issuer}`}\n`
  );
}
