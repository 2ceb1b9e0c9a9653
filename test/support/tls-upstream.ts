// A broker behind https, with a certificate that it has signed itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { runCertificate } from '../../src/cli/certificate.ts';
import { listenOnLoopback } from './loopback.ts';
import { makeWorkspace } from './workspace.ts';

export interface TlsUpstream {
  readonly port: number;
  /** The file of its certificate, for whoever is to trust it. */
  readonly certificateFile: string;
  /** The server names that were asked for (RFC 6066 §3), in their order. */
  readonly serverNames: string[];
  /** TCP connections accepted so far. */
  accepted(): number;
}

/** To be called inside a test: it ends with the test. Every request is answered with `answer`. */
export async function startTlsUpstream(
  hosts: readonly string[],
  answer: string | Buffer,
): Promise<TlsUpstream> {
  const files = await makeFiles(hosts);
  const serverNames: string[] = [];
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer(
    {
      cert: readFileSync(files.certificate),
      key: readFileSync(files.key),
      SNICallback: (name, done) => {
        serverNames.push(name);
        done(null);
      },
    },
    (socket: TLSSocket) => {
      socket.on('error', () => undefined).on('data', () => socket.write(answer));
    },
  );
  let accepted = 0;
  server
    .on('tlsClientError', () => undefined)
    .on('connection', (socket) => {
      accepted++;
      sockets.add(socket);
    });
  const port = await listenOnLoopback(server);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { port, certificateFile: files.certificate, serverNames, accepted: () => accepted };
}

async function makeFiles(hosts: readonly string[]) {
  const out = makeWorkspace();
  const unused = () => {
    throw new Error('not asked for');
  };
  const terminal = {
    print: () => undefined,
    report: (line: string) => {
      throw new Error(line);
    },
    readInput: unused,
    isWatched: { stdout: false, stderr: true },
    pid: process.pid,
    now: Date.now,
    self: 'broker-guard',
    untilStopped: unused,
    onReopen: () => undefined,
    onReload: unused,
  };
  await runCertificate(terminal, hosts, { out, name: 'broker', days: '1' });
  return { certificate: join(out, 'broker.crt'), key: join(out, 'broker.key') };
}
