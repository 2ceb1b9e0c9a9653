// Starts one contestant on its core and waits until it can serve; stops it again. Knows processes and readiness; knows no
// scenario.
import { closeSync, mkdirSync, openSync, readFileSync, truncateSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild, stopChild } from './children.mjs';
import { pinCommand } from './cores.mjs';
import { listProcessTree, readResidentBytes } from './cpu.mjs';

const READY_DEADLINE_MS = 20_000;
const POLL_MS = 5;

/** A loopback port that was free a moment ago. */
export function findFreePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** One request on a connection of its own: status and length of the answer. */
export function fetchOnce(url, options = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { agent: false, timeout: 5000, ...options }, (response) => {
      let bodyBytes = 0;
      response.on('data', (chunk) => {
        bodyBytes += chunk.length;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode, bodyBytes }));
    });
    request.once('timeout', () => request.destroy(new Error(`no answer from ${url}`)));
    request.once('error', reject).end();
  });
}

async function waitUntilReady(url, anyAnswer, isAlive) {
  for (const deadline = performance.now() + READY_DEADLINE_MS; performance.now() < deadline; ) {
    if (!isAlive()) throw new Error('it ended before it could serve');
    const answer = await fetchOnce(url).catch(() => undefined);
    if (answer && (anyAnswer || answer.status === 200)) return;
    await delay(POLL_MS);
  }
  throw new Error(`it was not ready within ${READY_DEADLINE_MS / 1000} s`);
}

/** The line that says most: the first error, or the last words. */
function readComplaint(file) {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '';
}

/** @throws Error with what it said on standard error when it does not come up */
export async function launchContestant(contestant, field) {
  const [port, servicePort] = [await findFreePort(), await findFreePort()];
  const directory = path.join(field.root, `${contestant.id}-${port}`);
  mkdirSync(directory);
  const launch = contestant.describe({ ...field, directory, port, servicePort });
  const complaints = path.join(directory, 'stderr');
  const outputs = [launch.outputFile ?? '/dev/null', complaints].map((file) => openSync(file, 'a', 0o600));
  const startedAt = performance.now();
  const child = startChild(pinCommand(field.cores, 'contestant', launch.command), {
    stdio: ['ignore', ...outputs],
    cwd: directory,
    env: { ...process.env, ...launch.env },
  });
  outputs.forEach(closeSync);
  const isAlive = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  try {
    const url = launch.readyUrl ?? `http://127.0.0.1:${port}/api/v4/brokers`;
    await waitUntilReady(url, launch.readyUrl === undefined, isAlive);
  } catch (error) {
    await stopChild(child);
    throw new Error(`${contestant.title}: ${error.message}: ${readComplaint(complaints)}`);
  }
  const startMs = performance.now() - startedAt;
  const pids = listProcessTree(child.pid);
  return {
    contestant,
    port,
    pids,
    startMs,
    idleBytes: readResidentBytes(pids),
    outputFile: launch.outputFile,
    metricsUrl: launch.metricsUrl,
    readComplaints: () => readFileSync(complaints, 'utf8'),
    isAlive,
    async stop() {
      await stopChild(child);
      if (launch.outputFile) truncateSync(launch.outputFile);
    },
  };
}

/** The stand-in for a broker. @param {'busy' | undefined} manner works for its answers */
export async function launchUpstream(cores, manner) {
  const file = new URL('upstream.mjs', import.meta.url).pathname;
  const command = [process.execPath, file, ...(manner ? [manner] : [])];
  const child = startChild(pinCommand(cores, 'load', command), { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', () => reject(new Error('the upstream ended before it listened')));
  });
  return { port: JSON.parse(String(line)).port, pids: [child.pid] };
}
