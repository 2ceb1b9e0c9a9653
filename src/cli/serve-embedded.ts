// The guard for trying out: an embedded broker behind it, a key pair made on first start, and one curl line
// that works as it is printed.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { formatAddress, type ListenAddress } from '../config/address.ts';
import { defaultSettings } from '../config/load.ts';
import { type EmbeddedBroker, startEmbeddedBroker } from '../embedded/broker.ts';
import { Failure } from '../failure.ts';
import { generateKeyPair } from '../keystore/generate.ts';
import { runGuard } from './run-guard.ts';
import type { SettingsFlags } from './settings-source.ts';
import { quoteForShell } from './shell.ts';
import type { ExitCode, Terminal } from './terminal.ts';

const ISSUER = 'operator';
const MQTT_PORT = 1883;

export async function serveEmbedded(terminal: Terminal, flags: SettingsFlags): Promise<ExitCode> {
  // What is wrong with the flags is said before anything is started.
  defaultSettings(flags, { url: 'unix:not-yet-open', username: '', password: '' });
  const broker = await startEmbeddedBroker({ mqttPort: MQTT_PORT, now: terminal.now });
  try {
    const settings = defaultSettings(flags, {
      url: `unix:${broker.socketPath}`,
      username: broker.username,
      password: broker.password,
    });
    const privateFile = await ensureKeyPair(settings.keysDirectory);
    return await runGuard(terminal, settings, {
      announce: ({ listen }) => [
        'no nanomq.conf here: guarding an embedded broker, for trying out',
        describeMqtt(broker),
        'a first guarded call:',
        `  curl -H "Authorization: Bearer $(${terminal.self} token ${quoteForShell(privateFile)})" ${describeApi(listen)}/api/v4/brokers`,
      ],
    });
  } finally {
    await broker.close();
  }
}

const describeMqtt = ({ mqttPort }: EmbeddedBroker): string =>
  `MQTT clients: mqtt://127.0.0.1:${mqttPort}${mqttPort === MQTT_PORT ? '' : ` (port ${MQTT_PORT} is taken)`}`;

/** Where curl finds the guard, as the shell takes it. */
function describeApi(listen: ListenAddress): string {
  if (listen.kind === 'unix') return `--unix-socket ${quoteForShell(listen.path)} http://localhost`;
  return `${listen.host.includes(':') ? '-g ' : ''}http://${formatAddress(listen)}`;
}

/** The private half, made with its public half on first start; a path as seen from the working directory. */
async function ensureKeyPair(keysDirectory: string): Promise<string> {
  const privateDirectory = dirname(keysDirectory);
  const privateFile = join(privateDirectory, `${ISSUER}.key`);
  const publicFile = join(keysDirectory, `${ISSUER}.pub`);
  makeDirectory(keysDirectory);
  const [isPrivateHere, isPublicHere] = [existsSync(privateFile), existsSync(publicFile)];
  if (isPrivateHere !== isPublicHere) {
    const [here, missing] = isPrivateHere ? [privateFile, publicFile] : [publicFile, privateFile];
    throw new Failure(
      'key_file_invalid',
      `${here} is here but its other half ${missing} is not: put that back, or remove the first to have a new pair made`,
    );
  }
  if (!isPrivateHere) await generateKeyPair({ name: ISSUER, keysDirectory, privateDirectory });
  return relative(process.cwd(), privateFile);
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Failure(
      'keys_unreadable',
      `guard.keys_dir: ${directory} cannot be made (${code}): name another directory with --keys-dir`,
      { cause: error },
    );
  }
}
