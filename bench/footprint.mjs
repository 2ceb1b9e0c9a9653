// Start-up time and idle memory of the guard with 100 key files, against their bounds. Exit code 1 when one is broken.
// Needs no contestant, no load and no token: it runs anywhere the guard runs.
import { mkdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { boundWholeRun, makeTempDirectory, startChild, stopChild } from './children.mjs';
import { describeGuard, makePublicKey } from './contestants/guard.mjs';
import { planCores } from './cores.mjs';
import { listProcessTree, readResidentBytes } from './cpu.mjs';
import { findFreePort, launchUpstream } from './launch.mjs';
import { spreadOf } from './results.mjs';

const KEY_FILES = 100;
const STARTS = 5;
const START_LIMIT_MS = 1000;
const RESIDENT_LIMIT_MB = 90;
const LISTEN_DEADLINE_MS = 15_000;
const IDLE_MS = 500;
const WHOLE_LIMIT_MS = 120_000;

/** @param {number} port @returns {Promise<boolean>} */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** @param {import('node:child_process').ChildProcess} child @param {number} port */
async function waitUntilListening(child, port) {
  const deadline = performance.now() + LISTEN_DEADLINE_MS;
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`the guard ended with ${child.exitCode} before it listened`);
    if (performance.now() > deadline) throw new Error('the guard does not listen');
    await delay(2);
  }
}

/** @param {string} root @param {string[]} publicKeys @param {number} upstreamPort */
async function measureStart(root, publicKeys, upstreamPort) {
  const [port, servicePort] = [await findFreePort(), await findFreePort()];
  const directory = path.join(root, String(port));
  mkdirSync(directory);
  const context = {
    directory,
    port,
    servicePort,
    upstreamPort,
    publicKeyFile: '',
    publicKeys,
    issuers: KEY_FILES,
  };
  const { command, env } = describeGuard(context);
  const startedAt = performance.now();
  const child = startChild(command, { cwd: directory, env: { ...process.env, ...env }, stdio: 'ignore' });
  await waitUntilListening(child, port);
  const startMs = performance.now() - startedAt;
  await delay(IDLE_MS);
  const residentMb = readResidentBytes(listProcessTree(/** @type {number} */ (child.pid))) / 1e6;
  await stopChild(child);
  return { startMs, residentMb };
}

/** @param {string} name @param {number[]} values @param {number} limit @param {string} unit @returns {boolean} whether it holds */
function printBound(name, values, limit, unit) {
  const { median, min, max } = /** @type {import('./results.mjs').Spread} */ (spreadOf(values));
  const holds = median <= limit;
  const spread = `${median.toFixed(0)} ${unit} (${min.toFixed(0)}–${max.toFixed(0)})`;
  console.log(`${name}: ${spread}, bound ${limit} ${unit}: ${holds ? 'holds' : 'BROKEN'}`);
  return holds;
}

async function main() {
  boundWholeRun(WHOLE_LIMIT_MS);
  const root = makeTempDirectory();
  const publicKeys = [makePublicKey()];
  const upstream = await launchUpstream(planCores());
  const starts = [];
  for (let run = 0; run < STARTS; run += 1) starts.push(await measureStart(root, publicKeys, upstream.port));
  console.log(`serve with ${KEY_FILES} key files, median of ${STARTS}, Node ${process.versions.node}`);
  const times = starts.map(({ startMs }) => startMs);
  const sizes = starts.map(({ residentMb }) => residentMb);
  const verdicts = [
    printBound('start until it listens', times, START_LIMIT_MS, 'ms'),
    printBound('resident memory, idle', sizes, RESIDENT_LIMIT_MB, 'MB'),
  ];
  return verdicts.every(Boolean);
}

main().then(
  (holds) => process.exit(holds ? 0 : 1),
  (error) => {
    console.error(`footprint: ${error.message}`);
    process.exit(2);
  },
);
