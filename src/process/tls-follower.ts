// The files of TLS, followed. What is renewed counts once all of it is there; until then what was there before does.
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SettingsFailure } from '../failure.ts';
import { DirectoryFollower } from '../files/follower.ts';
import type { FileKind } from '../files/kind.ts';
import { UnreadableFile } from '../files/read.ts';
import { readTlsFiles, type TlsFiles, type TlsNames } from './tls-files.ts';

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

export interface TlsListener {
  /** Told of what is to be used from now on. */
  readonly onChange: (files: TlsFiles) => void;
  /** Takes one line for the operator. */
  readonly report: (line: string) => void;
}

type Files = DirectoryFollower<{ pem: typeof PEM_FILE }>;

export class TlsFollower {
  readonly #names: TlsNames;
  readonly #files: Files;
  readonly #listener: TlsListener;
  #inUse: TlsFiles;
  #complaint: NodeJS.Timeout | undefined;

  /**
   * Follows the files, wherever they lie and through any link: certbot's, and the `..data` of a Kubernetes volume.
   * @returns undefined where the settings name none
   */
  static async open(
    names: TlsNames,
    inUse: TlsFiles,
    listener: TlsListener,
  ): Promise<TlsFollower | undefined> {
    const paths = listPaths(names);
    const [first] = paths;
    if (first === undefined) return undefined;
    const files = await DirectoryFollower.open({
      directory: dirname(first),
      called: 'directory of the TLS files',
      kinds: { pem: PEM_FILE },
      byPath: { pem: paths },
    });
    return new TlsFollower(names, files, inUse, listener);
  }

  private constructor(names: TlsNames, files: Files, inUse: TlsFiles, listener: TlsListener) {
    this.#names = names;
    this.#files = files;
    this.#inUse = inUse;
    this.#listener = listener;
    files.follow(() => this.#takeIn());
    this.#takeIn();
  }

  close(): void {
    clearTimeout(this.#complaint);
    this.#files.close();
  }

  #takeIn(): void {
    clearTimeout(this.#complaint);
    try {
      const renewed = readTlsFiles(this.#names, (file) => this.#read(file));
      if (isDeepStrictEqual(renewed, this.#inUse)) return;
      this.#inUse = renewed;
      this.#listener.onChange(renewed);
    } catch (error) {
      if (!(error instanceof SettingsFailure)) throw error;
      this.#complaint = setTimeout(() => this.#complain(error), PATIENCE_MS).unref();
    }
  }

  #read(file: string): string {
    const served = this.#files.current().files.pem.byPath.get(file)?.served;
    if (served?.usable) return served.text;
    throw new UnreadableFile('unusable', served?.reason.replace(/\.$/, '') ?? 'ENOENT');
  }

  #complain({ problems }: SettingsFailure): void {
    for (const { message } of problems)
      this.#listener.report(`${message}. Until then what was there before stays in use`);
  }
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
