// Owns every process and every temporary directory the bench makes, and that none of them outlives it.
// Knows nothing about HTTP or measuring.
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** @type {Set<import('node:child_process').ChildProcess>} */
const living = new Set();
/** @type {string[]} */
const directories = [];
const STOP_DEADLINE_MS = 3000;

function cleanUp() {
  for (const child of living) child.kill('SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
}

process.on('exit', cleanUp);
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  process.on(signal, () => {
    console.error(`bench: ${signal}, cleaning up`);
    process.exit(code);
  });
}

/** Ends the bench with exit code 1 when it runs longer than it promised. @param {number} limitMs */
export function boundWholeRun(limitMs) {
  setTimeout(() => {
    console.error(`bench: still running after ${limitMs / 1000} s, giving up`);
    process.exit(1);
  }, limitMs).unref();
}

/** A private directory that is gone when the bench ends. */
export function makeTempDirectory() {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'broker-guard-bench-'));
  directories.push(directory);
  return directory;
}

/** Whether a program of that name can be run. Debian keeps nginx and haproxy in sbin. @param {string} name */
export function isToolPresent(name) {
  return findTool(name) !== undefined;
}

/** @param {string} name @returns {string | undefined} */
export function findTool(name) {
  const places = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'];
  return places
    .map((place) => path.join(place, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * @param {string[]} command @param {import('node:child_process').SpawnOptions} [options]
 * @returns {import('node:child_process').ChildProcess}
 */
export function startChild([program, ...args], options = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  living.add(child);
  const forget = () => living.delete(child);
  child.once('exit', forget);
  child.once('error', forget);
  return child;
}

/** SIGTERM, and SIGKILL for what does not listen. @param {import('node:child_process').ChildProcess} child */
export async function stopChild(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(timer);
}

/**
 * Runs a command to its end and returns its standard output.
 * @param {string[]} command @param {number} timeoutMs
 */
export async function runToEnd(command, timeoutMs) {
  const child = startChild(command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    complaint += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const outcome = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  clearTimeout(timer);
  if (outcome !== 0)
    throw new Error(`${command.join(' ').slice(0, 200)} ended with ${outcome}: ${complaint}`);
  return output;
}
