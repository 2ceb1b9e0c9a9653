// A real RabbitMQ with its management API, from the distribution's package: on loopback, in a folder of its own, gone
// with the tests of a file. It needs an epmd of its own, so that nothing outlives it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takePort } from './free-port.ts';
import { MAY_SKIP } from './tools.ts';

/** Not the one on the path, which changes the user first. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

export const lacksRabbitmq = MAY_SKIP && !existsSync(SERVER);

export interface RabbitMq {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startRabbitMq(): Promise<RabbitMq> {
  const folder = mkdtempSync(join(tmpdir(), 'broker-guard-rabbitmq-'));
  const [api, distribution, names] = (await Promise.all([takePort(), takePort(), takePort()])) as [
    number,
    number,
    number,
  ];
  writeFileSync(join(folder, 'enabled_plugins'), '[rabbitmq_management].\n');
  writeFileSync(
    join(folder, 'rabbitmq.conf'),
    `listeners.tcp = none\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = ${api}\nlog.console = true\nlog.file = false\n`,
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
  await isUp(url, server).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url, stop };
}

async function isUp(url: string, server: ChildProcess): Promise<void> {
  const headers = { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` };
  for (const endMs = performance.now() + 90_000; performance.now() < endMs; ) {
    const answer = await fetch(`${url}/api/overview`, { headers }).catch(() => undefined);
    if (answer?.status === 200) return;
    if (server.exitCode !== null) throw new Error(`RabbitMQ ended with exit code ${server.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('RabbitMQ did not answer within 90 s');
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
