// `broker-guard init`: a folder from which a guard of one's own can be started: settings, a keys directory and one key pair.
// Overwrites nothing, and leaves nothing half done behind.
import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { defaultSettings } from '../config/load.ts';
import { Failure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { writeNewFile } from '../files/write-new.ts';
import { generateKeyPair, type KeyPairFiles } from '../keystore/generate.ts';
import { loadProfile, type ProfileName } from '../policy/profile.ts';
import { quoteForShell } from './shell.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface InitFlags {
  readonly name: string;
  readonly upstream: string;
  readonly profile: ProfileName;
  readonly json?: boolean;
}

/** It may come to hold the broker's password. */
const SETTINGS_MODE = 0o600;

export async function runInit(terminal: Terminal, folder: string, flags: InitFlags): Promise<ExitCode> {
  const directory = resolve(folder);
  if (!existsSync(directory)) {
    terminal.report(`there is no directory ${directory}: create it first`);
    return EXIT.misused;
  }
  // What is wrong with the address is said before anything is written.
  defaultSettings({ upstream: flags.upstream });
  const settingsFile = join(directory, 'nanomq.conf');
  await writeNewFile(settingsFile, writeSettings(flags), SETTINGS_MODE).catch((error: unknown) => {
    throw explain(settingsFile, codeOf(error));
  });
  const made = await makePair(directory, flags.name).catch(async (error: unknown) => {
    await unlink(settingsFile);
    // Here it can only be the name.
    if (error instanceof Failure && error.code === 'key_file_invalid') return error;
    throw error;
  });
  if (made instanceof Failure) {
    terminal.report(made.message);
    return EXIT.misused;
  }
  const found = { settingsFile, ...made };
  terminal.print(
    flags.json ? `${JSON.stringify(found)}\n` : describe(found, folder, terminal.self, flags.profile),
  );
  return EXIT.done;
}

const makePair = (directory: string, name: string): Promise<KeyPairFiles> =>
  generateKeyPair({
    name,
    keysDirectory: join(directory, 'keys'),
    privateDirectory: directory,
    makesDirectory: true,
  });

const writeSettings = ({
  upstream,
  profile,
}: InitFlags): string => `# Settings of broker-guard. docs/settings.md and nanomq.conf.example have all there are.

# Where the broker's HTTP API is, and which broker it is.
guard.upstream.url = ${JSON.stringify(upstream)}
guard.upstream.profile = ${profile}

# How the guard signs in there. Change both in the broker first, then here.
http_server.username = "admin"
http_server.password = "public"

# A file of this directory is an issuer.
guard.keys_dir = "keys"

# The longest that a token may live, a stolen one too.
guard.token.max_lifetime = 30d
`;

function explain(file: string, code: string): Failure {
  return code === 'EEXIST'
    ? new Failure('file_exists', `${file} exists already and is not overwritten: name another directory`)
    : new Failure('settings_unreadable', `${file} cannot be written (${code})`);
}

function describe(
  { settingsFile, privateFile, publicFile }: KeyPairFiles & { readonly settingsFile: string },
  folder: string,
  self: string,
  profile: ProfileName,
): string {
  const isHere = folder === '.';
  const config = isHere ? '' : ` --config ${quoteForShell(join(folder, 'nanomq.conf'))}`;
  const key = quoteForShell(isHere ? basename(privateFile) : join(folder, basename(privateFile)));
  const url = `http://127.0.0.1:8090${loadProfile(profile).probe}`;
  const commands = [
    `${self} check --connect${config}`,
    `${self} serve${config}`,
    `curl -H "Authorization: Bearer $(${self} token ${key})" ${url}`,
  ];
  return (
    `settings:     ${settingsFile} (say there where the broker is, and its user name and password)\n` +
    `private half: ${privateFile} (keep it secret: give it to whoever mints tokens)\n` +
    `public half:  ${publicFile}\n\nthen:\n${commands.map((line) => `  ${line}\n`).join('')}`
  );
}
