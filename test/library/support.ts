// An opened guard over a directory of its own, and a server in front of whatever handles its requests.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http, { type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type AuditRecord, type GuardOptions, openGuard } from '../../src/library.ts';
import { makeIssuer } from '../support/issuers.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { openSocket, RawConnection, sendRaw } from '../support/raw.ts';

export const OPS = makeIssuer();

export async function openTestGuard(options: Partial<GuardOptions> = {}) {
  const keysDir = mkdtempSync(join(tmpdir(), 'broker-guard-library-'));
  const dropKey = (name: string, pem: string) => writeFileSync(join(keysDir, name), pem);
  dropKey('ops.pub', OPS.publicPem);
  const records: AuditRecord[] = [];
  const lines: string[] = [];
  const guard = await openGuard({
    keysDir,
    audit: (record) => void records.push(record),
    report: (line) => void lines.push(line),
    ...options,
  });
  onTestFinished(async () => {
    await guard.close();
    rmSync(keysDir, { recursive: true });
  });
  return { guard, records, lines, keysDir, dropKey };
}

/** A server that is gone when the test is over. */
export async function serve(handle: RequestListener) {
  const server = http.createServer(handle);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const port = await listenOnLoopback(server);
  return {
    ask: (token?: string, path = '/orders?page=2', lines: readonly string[] = []) =>
      sendRaw(port, formatGet(path, token, lines)),
    async open(token: string) {
      const connection = new RawConnection(await openSocket(port));
      onTestFinished(() => connection.destroy());
      connection.write(formatGet('/orders', token));
      return connection;
    },
  };
}

function formatGet(path: string, token: string | undefined, lines: readonly string[] = []): string {
  const credential = token === undefined ? [] : [`Authorization: Bearer ${token}`];
  return [`GET ${path} HTTP/1.1`, 'Host: app.example', ...credential, ...lines, '', ''].join('\r\n');
}
