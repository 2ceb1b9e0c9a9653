// The files of TLS: read, and held against each other.
import type { NamedFiles, TlsSettings } from '../config/settings.ts';
import { type Problem, SettingsFailure } from '../failure.ts';
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
type ReadText = (file: string) => string;

/** @throws SettingsFailure where files cannot be read, do not belong together, or hold no CA: all of it at once */
export function readTlsFiles(
  { tls, serviceTls, upstreamCaFile }: TlsNames,
  read: ReadText = (file) => readWhole(file).toString(),
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
  read: ReadText,
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

function readCa(file: string, setting: string, read: ReadText, problems: Problem[]): string {
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

function readText(file: string, setting: string, read: ReadText, problems: Problem[]): string {
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
