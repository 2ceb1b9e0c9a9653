// A real RabbitMQ with its management API, from the distribution's package: on loopback, in a folder of its own, gone
// with the tests of a file. It needs an epmd of its own, so that nothing outlives it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takePort } from './free-port.ts';
import { ROOT } from './root.ts';
import { MAY_SKIP } from './tools.ts';

/** Not the one on the path, which changes the user first. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

const PAGE = join(ROOT, 'docs/brokers/rabbitmq.md');

export const lacksRabbitmq = MAY_SKIP && !existsSync(SERVER);

export interface RabbitMq {
  readonly url: string;
  /** Where MQTT clients connect. */
  readonly mqttPort: number;
  /** Where it asks about those it does not know itself, on 127.0.0.1. */
  readonly hooksPort: number;
  stop(): Promise<void>;
}

export async function startRabbitMq(): Promise<RabbitMq> {
  const folder = mkdtempSync(join(tmpdir(), 'broker-guard-rabbitmq-'));
  const api = await takePort();
  const mqttPort = await takePort();
  const hooksPort = await takePort();
  const [distribution, names] = [await takePort(), await takePort()];
  writeFileSync(
    join(folder, 'enabled_plugins'),
    '[rabbitmq_management,rabbitmq_mqtt,rabbitmq_auth_backend_http].\n',
  );
  writeFileSync(
    join(folder, 'rabbitmq.conf'),
    `listeners.tcp = none\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = ${api}\nlog.console = true\nlog.file = false\n` +
      `mqtt.listeners.tcp.1 = 127.0.0.1:${mqttPort}\n${readSnippet(hooksPort)}`,
  );
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    RABBITMQ_NODENAME: `guard-${process.pid}@localhost`,
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(names),
  };
  const epmd = spawn('epmd', ['-address', '127.0.0.1', '-port', String(names)], { env, stdio: 'ignore' });
  const server = spawn(SERVER, { env, cwd: folder, stdio: 'ignore', detached: true });
  const stop = async () => {
    await end(server, -(server.pid as number));
    await end(epmd, epmd.pid as number);
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${api}`;
  await isUp(url, mqttPort, server).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url, mqttPort, hooksPort, stop };
}

/** What the page about RabbitMQ has its operators write. */
function readSnippet(hooksPort: number): string {
  const [, snippet = ''] = /```ini\n([\s\S]*?)```/.exec(readFileSync(PAGE, 'utf8')) ?? [];
  return snippet.replaceAll('127.0.0.1:8091', `127.0.0.1:${hooksPort}`);
}

async function isUp(url: string, mqttPort: number, server: ChildProcess): Promise<void> {
  const headers = { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` };
  for (const endMs = performance.now() + 90_000; performance.now() < endMs; ) {
    const answer = await fetch(`${url}/api/overview`, { headers }).catch(() => undefined);
    if (answer?.status === 200 && (await accepts(mqttPort))) return;
    if (server.exitCode !== null) throw new Error(`RabbitMQ ended with exit code ${server.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('RabbitMQ did not answer within 90 s');
}

/** Its listeners come one after the other. */
async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const outcome = once(socket, 'connect').then(
    () => true,
    () => false,
  );
  return outcome.finally(() => socket.destroy());
}

/** The whole group, where the pid is negative: the script, the virtual machine and its helpers. */
async function end(child: ChildProcess, pid: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(pid, 'SIGTERM');
  const cut = setTimeout(() => process.kill(pid, 'SIGKILL'), 20_000);
  await ended;
  clearTimeout(cut);
}
