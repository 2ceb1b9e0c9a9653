// The guard for trying out: an embedded broker behind it, a key pair made on first start, and two lines that work
// as they are printed, one for the HTTP API and one for MQTT.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { formatAddress, type ListenAddress } from '../config/address.ts';
import { defaultSettings, loadSettings } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { type EmbeddedBroker, startEmbeddedBroker } from '../embedded/broker.ts';
import { Failure } from '../failure.ts';
import { generateKeyPair } from '../keystore/generate.ts';
import { tryListen } from '../listener/sockets.ts';
import type { MqttDoor } from '../mqtt/door.ts';
import { LISTEN_SETTING, SERVICE_SETTING } from '../process/serving.ts';
import { runGuard } from './run-guard.ts';
import type { SettingsFlags } from './settings-source.ts';
import { quoteForShell } from './shell.ts';
import type { ExitCode, Terminal } from './terminal.ts';
import { locateTrialPair, TRIAL_ISSUER } from './trial-pair.ts';

const MQTT_PORT = 1883;

/** @param file settings to guard it by; undefined for the defaults */
export async function serveEmbedded(
  terminal: Terminal,
  flags: SettingsFlags,
  file: string | undefined,
): Promise<ExitCode> {
  // What is wrong with the settings is said before anything is started.
  const wanted = readFor('unix:not-yet-open', flags, file, { username: '', password: '' });
  let door: MqttDoor | undefined;
  const broker = await startEmbeddedBroker({
    mqttPort: MQTT_PORT,
    now: terminal.now,
    door: () => door,
    // A settings file may be read again, so the broker takes what it says.
    credentials: file === undefined ? undefined : wanted.upstream.credentials,
  });
  const url = `unix:${broker.socketPath}`;
  try {
    const settings = readFor(url, flags, file, broker);
    // A port that is taken must not leave a directory and a key pair behind.
    await tryListen(settings.listen, LISTEN_SETTING);
    await tryListen(settings.service, SERVICE_SETTING);
    const privateFile = await ensureKeyPair(settings.keysDirectory);
    return await runGuard(terminal, settings, {
      ...(file !== undefined && { readAgain: () => readFor(url, flags, file, broker) }),
      onListening: ({ mqtt }) => {
        door = mqtt;
      },
      announce: ({ listen }) => [
        `${file === undefined ? 'no nanomq.conf here: ' : ''}guarding an embedded broker, for trying out`,
        describeMqtt(broker),
        ...(settings.mqtt.allowAnonymous
          ? ['MQTT clients need no token: guard.mqtt.allow_anonymous is on']
          : []),
        // The command has a line of its own: with a log's time before it nobody could copy it.
        `a first guarded call:\n  curl -H "Authorization: Bearer $(${terminal.self} token ${quoteForShell(privateFile)})" ${describeApi(listen)}/api/v4/brokers`,
        `a first guarded message:\n  ${describePublisher(broker)} -u ${TRIAL_ISSUER} -P "$(${terminal.self} token ${quoteForShell(privateFile)})" -t hello -m world`,
      ],
    });
  } finally {
    await broker.close();
    reportDeliveries(door, terminal);
  }
}

/** There is no record of each. */
function reportDeliveries(door: MqttDoor | undefined, { report }: Terminal): void {
  const { allowed, denied } = door?.deliveries ?? { allowed: 0, denied: 0 };
  if (allowed + denied > 0) report(`MQTT deliveries: ${allowed} allowed, ${denied} denied`);
}

function readFor(
  url: string,
  flags: SettingsFlags,
  file: string | undefined,
  { username, password }: Pick<EmbeddedBroker, 'username' | 'password'>,
): Settings {
  if (file === undefined) return defaultSettings(flags, { url, username, password });
  return loadSettings(file, { ...flags, upstream: url });
}

const describeMqtt = ({ mqttPort }: EmbeddedBroker): string =>
  `MQTT clients: mqtt://127.0.0.1:${mqttPort}${mqttPort === MQTT_PORT ? '' : ` (port ${MQTT_PORT} is taken)`}`;

/** MQTT.js where a clone has installed it, else the client that every system packs. */
function describePublisher({ mqttPort }: EmbeddedBroker): string {
  const program = existsSync(join('node_modules', '.bin', 'mqtt')) ? 'npx mqtt pub' : 'mosquitto_pub';
  return `${program} -h 127.0.0.1 -p ${mqttPort}`;
}

/** Where curl finds the guard, as the shell takes it. */
function describeApi(listen: ListenAddress): string {
  if (listen.kind === 'unix') return `--unix-socket ${quoteForShell(listen.path)} http://localhost`;
  return `${listen.host.includes(':') ? '-g ' : ''}http://${formatAddress(listen)}`;
}

/** The private half, made with its public half on first start; a path as seen from the working directory. */
async function ensureKeyPair(keysDirectory: string): Promise<string> {
  const { privateFile, publicFile } = locateTrialPair(keysDirectory);
  makeDirectory(keysDirectory);
  const [isPrivateHere, isPublicHere] = [existsSync(privateFile), existsSync(publicFile)];
  if (isPrivateHere !== isPublicHere) {
    const [here, missing] = isPrivateHere ? [privateFile, publicFile] : [publicFile, privateFile];
    throw new Failure(
      'key_file_invalid',
      `${here} is here but its other half ${missing} is not: put that back, or remove the first to have a new pair made`,
    );
  }
  if (!isPrivateHere) {
    await generateKeyPair({ name: TRIAL_ISSUER, keysDirectory, privateDirectory: dirname(privateFile) });
  }
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
