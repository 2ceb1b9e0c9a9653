// The guard for trying out: an embedded broker behind it, a key pair made on first start, and one curl line
// that works as it is printed.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { formatAddress } from '../config/address.ts';
import { defaultSettings } from '../config/load.ts';
import { startEmbeddedBroker } from '../embedded/broker.ts';
import { Failure } from '../failure.ts';
import { generateKeyPair } from '../keystore/generate.ts';
import { runGuard } from './run-guard.ts';
import type { SettingsFlags } from './settings-source.ts';
import type { ExitCode, Terminal } from './terminal.ts';

const ISSUER = 'operator';
const MQTT_PORT = 1883;

export async function serveEmbedded(terminal: Terminal, flags: SettingsFlags): Promise<ExitCode> {
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
        `MQTT clients: mqtt://127.0.0.1:${broker.mqttPort}${broker.mqttPort === MQTT_PORT ? '' : ` (${MQTT_PORT} is taken)`}`,
        'a first guarded call:',
        `  curl -H "Authorization: Bearer $(${terminal.self} token ${privateFile})" http://${formatAddress(listen)}/api/v4/brokers`,
      ],
    });
  } finally {
    await broker.close();
  }
}

/** The private half, made with its public half on first start; a path as the shell in this directory takes it. */
async function ensureKeyPair(keysDirectory: string): Promise<string> {
  const privateDirectory = dirname(keysDirectory);
  const privateFile = join(privateDirectory, `${ISSUER}.key`);
  const publicFile = join(keysDirectory, `${ISSUER}.pub`);
  mkdirSync(keysDirectory, { recursive: true });
  if (!existsSync(privateFile)) await generateKeyPair({ name: ISSUER, keysDirectory, privateDirectory });
  else if (!existsSync(publicFile)) {
    throw new Failure(
      'key_file_invalid',
      `${privateFile} is here but ${publicFile} is not: remove the first to have a new pair made, or put the public half back`,
    );
  }
  return relative(process.cwd(), privateFile);
}
