// Attack: the owner of a key that is withdrawn keeps the guard busy with tokens of bad signatures, and goes on calling.
// Rule: a removed or replaced key is refused within a second, with thousands of key files and a busy event loop.
import { renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { buildHead } from '../support/pair.ts';
import { announcedPorts, startProgram } from '../support/program.ts';
import { openRaw } from '../support/raw.ts';
import { startUpstream } from '../support/upstream.ts';
import { makeWorkspace } from '../support/workspace.ts';

const [OPS, DEV, STRANGER] = [makeIssuer(), makeIssuer(), makeIssuer()];
const FILES = 10_000;
const CONNECTIONS = 300;
const CONTRACT_MS = 1000;

const ask = (token: string): string =>
  buildHead('GET', '/api/v4/brokers', [`Authorization: Bearer ${token}`]);

async function startGuardOfMany(): Promise<{ front: number; keys: string }> {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const cwd = makeWorkspace({
    'nanomq.conf': `guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0", upstream.url = "${upstream.url}"
      limits.failures = none }
      http_server.password = x`,
    'keys/ops.pub': OPS.publicPem,
    'keys/dev.pub': DEV.publicPem,
  });
  const keys = join(cwd, 'keys');
  for (let index = 0; index < FILES; index += 1)
    writeFileSync(join(keys, `${index}.pub`), STRANGER.publicPem);
  const program = startProgram(['serve'], { cwd });
  onTestFinished(async () => {
    await program.stop('SIGKILL');
  });
  return { front: (await announcedPorts(program)).front, keys };
}

/** One refused request after the other on each connection. Resolves when all of them have been refused. */
async function flood(port: number): Promise<void> {
  const request = ask(mintToken(STRANGER));
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const open = (onRefused: () => void): void => {
    if (isOver) return;
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', () => {
      onRefused();
      if (isOver) socket.destroy();
      else socket.write(request);
    });
    // The guard may end a connection of refused requests.
    socket.on('error', () => undefined).on('close', () => open(onRefused));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, () => new Promise<void>(open)));
}

it('a key that is removed or replaced is refused after a second, on a connection with a remembered token too', async () => {
  const { front, keys } = await startGuardOfMany();
  await flood(front);
  const connection = await openRaw(front);
  onTestFinished(() => connection.destroy());
  const statusOf = async (token: string): Promise<number> => {
    connection.write(ask(token));
    return (await connection.next()).status;
  };
  const [ops, dev] = [mintToken(OPS), mintToken(DEV, { iss: 'dev.pub' })];
  expect([await statusOf(ops), await statusOf(dev)]).toEqual([200, 200]);
  unlinkSync(join(keys, 'ops.pub'));
  writeFileSync(join(keys, '.next'), STRANGER.publicPem);
  renameSync(join(keys, '.next'), join(keys, 'dev.pub'));
  await delay(CONTRACT_MS);
  expect([await statusOf(ops), await statusOf(dev)]).toEqual([401, 401]);
});
