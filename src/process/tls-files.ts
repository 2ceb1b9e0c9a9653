// The files of TLS: read at the start, held against each other, and followed. What is renewed counts once all of it is
// there; until then what was there before does.
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { NamedFiles, TlsSettings } from '../config/settings.ts';
import { type Problem, SettingsFailure } from '../failure.ts';
import { DirectoryFollower } from '../files/follower.ts';
import type { FileKind } from '../files/kind.ts';
import { readWhole, UnreadableFile } from '../files/read.ts';
import { belongTogether, holdsCa, type TlsMaterial } from '../listener/tls.ts';

/** What the files hold, each where the settings name it. */
export interface TlsFiles {
  readonly guarded: TlsMaterial | undefined;
  readonly service: TlsMaterial | undefined;
  /** PEM of the CA that has signed the broker's certificate. */
  readonly upstreamCa: string | undefined;
}

export type TlsNames = Partial<Pick<NamedFiles, 'tls' | 'serviceTls' | 'upstreamCaFile'>>;

/** Gives a file's text. @throws UnreadableFile */
type Read = (file: string) => string;

/** @throws SettingsFailure where files cannot be read, do not belong together, or hold no CA: all of it at once */
export function readTlsFiles(
  { tls, serviceTls, upstreamCaFile }: TlsNames,
  read: Read = (file) => readWhole(file).toString(),
): TlsFiles {
  const problems: Problem[] = [];
  const files = {
    guarded: tls && readMaterial(tls, 'guard.tls', read, problems),
    service: serviceTls && readMaterial(serviceTls, 'guard.service.tls', read, problems),
    upstreamCa: upstreamCaFile && readCa(upstreamCaFile, 'guard.upstream.ca_file', read, problems),
  };
  if (problems.length > 0) throw new SettingsFailure(problems);
  return files;
}

const NOT_A_PAIR =
  'the files are not a PEM certificate and the private key that belongs to it: name two that are, such as broker-guard certificate HOST makes';

function readMaterial(
  { certificateFile, keyFile, clientCaFile }: TlsSettings,
  block: string,
  read: Read,
  problems: Problem[],
): TlsMaterial {
  const before = problems.length;
  const certificate = readText(certificateFile, `${block}.certificate`, read, problems);
  const key = readText(keyFile, `${block}.key`, read, problems);
  const isPair = problems.length > before || belongTogether({ certificate, key, clientCa: undefined });
  if (!isPair) problems.push({ name: block, message: `${block}: ${NOT_A_PAIR}` });
  const clientCa = clientCaFile && readCa(clientCaFile, `${block}.client_ca`, read, problems);
  return { certificate, key, clientCa };
}

function readCa(file: string, setting: string, read: Read, problems: Problem[]): string {
  const before = problems.length;
  const text = readText(file, setting, read, problems);
  if (problems.length === before && !holdsCa(text)) {
    const what = `${file} holds no PEM certificate of a CA; name the file of the CA that has signed the certificates`;
    problems.push({ name: setting, message: `${setting}: ${what}` });
  }
  return text;
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'make it with broker-guard certificate HOST, or name the one you have'],
  ['EACCES', 'let this user read it'],
]);

function readText(file: string, setting: string, read: Read, problems: Problem[]): string {
  try {
    return read(file);
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    const advice = ADVICE.get(error.code) ?? 'name a file that can';
    const message = `${setting}: ${file} cannot be read (${error.message}); ${advice}`;
    problems.push({ name: setting, message });
    return '';
  }
}

/** A part of a certificate file may read like a whole one. */
const PEM_FILE: FileKind<{ readonly text: string }> = {
  noun: 'TLS file',
  maxBytes: 2 ** 20,
  settles: true,
  isNamed: () => false,
  parse: (bytes) => ({ usable: true, text: bytes.toString() }),
};

/** What a renewal may take from its first file to its last before it deserves a line. */
const PATIENCE_MS = 1000;

export interface TlsFollower {
  close(): void;
}

/**
 * Follows the files, wherever they lie and through any link: certbot's, and the `..data` of a Kubernetes volume.
 * @param initial what is in use
 * @param onChange told of what is to be used from now on
 * @param report takes one line for the operator
 */
export async function followTlsFiles(
  names: TlsNames,
  initial: TlsFiles,
  onChange: (files: TlsFiles) => void,
  report: (line: string) => void,
): Promise<TlsFollower> {
  const paths = listPaths(names);
  const [first] = paths;
  if (first === undefined) return { close: () => undefined };
  const files = await DirectoryFollower.open({
    directory: dirname(first),
    called: 'directory of the TLS files',
    kinds: { pem: PEM_FILE },
    byPath: { pem: paths },
  });
  let inUse = initial;
  let complaint: NodeJS.Timeout | undefined;
  const read: Read = (file) => {
    const served = files.current().files.pem.byPath.get(file)?.served;
    if (served?.usable) return served.text;
    throw new UnreadableFile('unusable', served?.reason.replace(/\.$/, '') ?? 'ENOENT');
  };
  const takeIn = (): void => {
    clearTimeout(complaint);
    try {
      const renewed = readTlsFiles(names, read);
      if (isDeepStrictEqual(renewed, inUse)) return;
      inUse = renewed;
      onChange(renewed);
    } catch (error) {
      if (!(error instanceof SettingsFailure)) throw error;
      complaint = setTimeout(() => complain(error), PATIENCE_MS).unref();
    }
  };
  const complain = ({ problems }: SettingsFailure): void => {
    for (const { message } of problems) report(`${message}. Until then what was there before stays in use`);
  };
  files.follow(takeIn);
  takeIn();
  return {
    close() {
      clearTimeout(complaint);
      files.close();
    },
  };
}

function listPaths({ tls, serviceTls, upstreamCaFile }: TlsNames): string[] {
  const blocks = [tls, serviceTls].filter((block) => block !== undefined);
  const named = blocks.flatMap(({ certificateFile, keyFile, clientCaFile }) => [
    certificateFile,
    keyFile,
    clientCaFile,
  ]);
  return [...named, upstreamCaFile].filter((file) => file !== undefined);
}
