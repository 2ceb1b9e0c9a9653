// What makes a guard speak https: a certificate of its own, and the lines of the settings that name it.
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { runCommand } from './command.ts';
import { makeWorkspace } from './workspace.ts';

export async function makeTlsSettings(): Promise<string> {
  const directory = makeWorkspace();
  const { code, stderr } = await runCommand(['certificate', 'localhost', '--out', directory]);
  if (code !== 0) throw new Error(stderr);
  const file = (name: string) => JSON.stringify(join(directory, name));
  return `tls { certificate = ${file('guard.crt')}, key = ${file('guard.key')} }`;
}

/** A connection with its handshake done. */
export async function openTls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
  });
  return socket.on('error', () => undefined);
}
