// Attack: without a token, from many connections at once, forty requests in one write with heads of many lines, so that
// the guard holds all of them as objects, at many times the bytes that were sent.
// Rule: refusals leave at once where others wait, a turn of the loop reads only so much, and what waits in line is bounded.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../support/guard.ts';
import { BROKERS, OPS, startPair } from '../support/pair.ts';
import { announcedPorts, MAIN, startProcess } from '../support/program.ts';
import { CAN_SEE_MEMORY, readResident } from '../support/resident.ts';
import { ROOT } from '../support/root.ts';
import { makeWorkspace } from '../support/workspace.ts';

const CONNECTIONS = 1000;
const REQUESTS = 40;
const LINES = Array.from({ length: 120 }, (_, index) => `h${index}: v${index}\r\n`).join('');

const writeSettings = (maxTokenBytes: string) => `guard {
  listen = "127.0.0.1:0", service.listen = "127.0.0.1:0", drain = 100ms, token.max_bytes = ${maxTokenBytes}
  upstream { url = "http://127.0.0.1:9", credentials = none }
}`;

async function startGuard(maxTokenBytes = '8KB') {
  const cwd = makeWorkspace({ 'nanomq.conf': writeSettings(maxTokenBytes), 'keys/ops.pub': OPS.publicPem });
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const flags = (scripts.start as string).split(' ').filter((word) => word.startsWith('--'));
  const program = startProcess(process.execPath, [...flags, MAIN, 'serve'], { cwd });
  onTestFinished(async () => void (await program.stop('SIGKILL')));
  return { pid: program.child.pid as number, port: (await announcedPorts(program)).front };
}

async function openAll(port: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  while (sockets.length < CONNECTIONS) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    await new Promise<void>((resolve) => socket.once('connect', resolve));
  }
  return sockets;
}

/** What comes back is counted and thrown away. */
async function attack(
  port: number,
  target: string,
  isOver: (answers: number, ended: number) => boolean,
  { lines = LINES, requests = REQUESTS } = {},
) {
  const sockets = await openAll(port);
  const piece = Buffer.from(`GET ${target} HTTP/1.1\r\nhost: x\r\n${lines}\r\n`.repeat(requests));
  let answers = 0;
  let ended = 0;
  for (const socket of sockets) {
    socket.on('data', (chunk) => {
      answers += chunk.toString('latin1').split('HTTP/1.1 4').length - 1;
    });
    socket.once('close', () => ended++);
    socket.write(piece);
  }
  await until(() => isOver(answers, ended), 'the end of the attack', 60_000);
  return piece.length * CONNECTIONS;
}

describe.runIf(CAN_SEE_MEMORY)(
  'pipelined requests without a token take at most three times their bytes',
  () => {
    it('where each connection ends with its third refused credential', async () => {
      const { pid, port } = await startGuard();
      const before = readResident(pid, 'VmRSS');
      const sent = await attack(port, BROKERS, (_, ended) => ended === CONNECTIONS);
      expect(readResident(pid, 'VmHWM') - before).toBeLessThan(3 * sent);
    });

    it('where it is the request that is refused, which ends no connection', async () => {
      const { pid, port } = await startGuard();
      const before = readResident(pid, 'VmRSS');
      const sent = await attack(
        port,
        '/nowhere',
        // A connection that had to wait ten seconds for its turn has ended without them.
        (answers, ended) => answers >= (CONNECTIONS - ended) * REQUESTS,
      );
      expect(readResident(pid, 'VmHWM') - before).toBeLessThan(3 * sent);
    });

    it('where tokens, and so heads, may be of 32 KB: then not even their bytes', async () => {
      const { pid, port } = await startGuard('32KB');
      const before = readResident(pid, 'VmRSS');
      const lines = `Authorization: Bearer ${'a'.repeat(32_000)}\r\n`;
      const requests = 3;
      const isOver = (answers: number, ended: number) => answers >= (CONNECTIONS - ended) * requests;
      const sent = await attack(port, '/nowhere', isOver, { lines, requests });
      expect(sent).toBeGreaterThan(90 * 1024 * 1024);
      expect(readResident(pid, 'VmHWM') - before).toBeLessThan(sent);
    });
  },
);

it('requests in line are bounded for all connections together: one that adds to a full line is cut', async () => {
  const pair = await startPair({ respond: () => undefined, guard: 'drain = 10ms' });
  const lines = [LINES.trimEnd()];
  const isCut = () => pair.guard.records.some(({ reason }) => reason === 'request_malformed');
  let opened = 0;
  // The first of each waits for the broker, or for a connection to it; the others wait for the first.
  while (!isCut() && opened < 200) {
    const connection = await pair.open();
    connection.write(pair.head('GET', BROKERS, lines).repeat(60));
    opened++;
  }
  await until(isCut, 'the record of the cut');
  // 60 requests of 250 strings hold more than 300 KB, and 32 MB are the bound.
  expect(opened).toBeGreaterThan(30);
  expect(opened).toBeLessThan(110);
});
