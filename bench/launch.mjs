// Starts one contestant on its core and waits until it can serve; stops it again.
// Knows processes and readiness; knows no scenario.
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

/**
 * @typedef {object} Instance a running contestant
 * @property {import('./contestants/registry.mjs').Contestant} contestant
 * @property {number} port
 * @property {number[]} pids
 * @property {number} startMs from spawn until ready
 * @property {number} idleBytes resident right after
 * @property {string | undefined} outputFile
 * @property {string | undefined} metricsUrl
 * @property {() => boolean} isAlive
 * @property {() => Promise<void>} stop
 */

/** A loopback port that was free a moment ago. @returns {Promise<number>} */
export function findFreePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * One request on a connection of its own.
 * @param {string} url @param {http.RequestOptions} [options] @returns {Promise<{ status: number, bodyBytes: number }>}
 */
export function fetchOnce(url, options = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { agent: false, timeout: 5000, ...options }, (response) => {
      let bodyBytes = 0;
      response.on('data', (chunk) => {
        bodyBytes += chunk.length;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, bodyBytes }));
    });
    request.once('timeout', () => request.destroy(new Error(`no answer from ${url}`)));
    request.once('error', reject);
    request.end();
  });
}

/** @param {string} url @param {boolean} anyAnswer @param {() => boolean} isAlive @param {string} title */
async function waitUntilReady(url, anyAnswer, isAlive, title) {
  const deadline = performance.now() + READY_DEADLINE_MS;
  while (performance.now() < deadline) {
    if (!isAlive()) throw new Error(`${title} ended before it could serve`);
    const answer = await fetchOnce(url).catch(() => undefined);
    if (answer && (anyAnswer || answer.status === 200)) return;
    await delay(POLL_MS);
  }
  throw new Error(`${title} was not ready within ${READY_DEADLINE_MS / 1000} s`);
}

/** @param {string | undefined} file @param {string} complaints */
function openOutputs(file, complaints) {
  const complaint = openSync(complaints, 'a', 0o600);
  const output = file === undefined ? undefined : openSync(file, 'a', 0o600);
  const close = () => {
    closeSync(complaint);
    if (output !== undefined) closeSync(output);
  };
  return { stdio: /** @type {const} */ (['ignore', output ?? 'ignore', complaint]), close };
}

/** The line that says most: the first error, or the last words. @param {string} file */
function readComplaint(file) {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '';
}

/**
 * @param {import('./contestants/registry.mjs').Contestant} contestant
 * @param {{ root: string, upstreamPort: number, publicKeyFile: string, publicKeys: string[], issuers: number, limitConn?: number, cores: import('./cores.mjs').Cores }} field
 * @returns {Promise<Instance>} throws with what it said on standard error when it does not come up
 */
export async function launchContestant(contestant, field) {
  const port = await findFreePort();
  const servicePort = await findFreePort();
  const directory = path.join(field.root, `${contestant.id}-${port}`);
  mkdirSync(directory);
  const launch = contestant.describe({ ...field, directory, port, servicePort });
  const complaints = path.join(directory, 'stderr');
  const outputs = openOutputs(launch.outputFile, complaints);
  const startedAt = performance.now();
  const child = startChild(pinCommand(field.cores, 'contestant', launch.command), {
    stdio: [...outputs.stdio],
    cwd: directory,
    env: { ...process.env, ...launch.env },
  });
  outputs.close();
  const isAlive = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  try {
    const url = launch.readyUrl ?? `http://127.0.0.1:${port}/api/v4/brokers`;
    await waitUntilReady(url, launch.readyUrl === undefined, isAlive, contestant.title);
  } catch (error) {
    await stopChild(child);
    throw new Error(`${/** @type {Error} */ (error).message}: ${readComplaint(complaints)}`);
  }
  const startMs = performance.now() - startedAt;
  const pids = listProcessTree(/** @type {number} */ (child.pid));
  return {
    contestant,
    port,
    pids,
    startMs,
    idleBytes: readResidentBytes(pids),
    outputFile: launch.outputFile,
    metricsUrl: launch.metricsUrl,
    isAlive,
    stop: async () => {
      await stopChild(child);
      if (launch.outputFile) truncateSync(launch.outputFile);
    },
  };
}

/**
 * @param {import('./cores.mjs').Cores} cores @param {'upstream.mjs' | 'broker.mjs'} [program]
 * @returns {Promise<{ port: number, pids: number[] }>}
 */
export async function launchUpstream(cores, program = 'upstream.mjs') {
  const file = new URL(program, import.meta.url).pathname;
  const child = startChild(pinCommand(cores, 'load', [process.execPath, file]), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve);
    child.once('exit', () => reject(new Error('the upstream ended before it listened')));
  });
  return { port: JSON.parse(String(line)).port, pids: [/** @type {number} */ (child.pid)] };
}
