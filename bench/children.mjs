// Owns every process and every temporary directory the bench makes: none of them outlives it. Knows nothing about HTTP
// or measuring.
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const living = new Set();
const directories = [];
const STOP_DEADLINE_MS = 3000;

process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.on(signal, () => {
    console.error(`bench: ${signal}, cleaning up`);
    process.exit(code);
  });
}

/** Ends the bench with exit code 1 when it runs longer than it promised. */
export function boundWholeRun(limitMs) {
  setTimeout(() => {
    console.error(`bench: still running after ${limitMs / 1000} s, giving up`);
    process.exit(1);
  }, limitMs).unref();
}

/** A private directory that is gone when the bench ends. */
export function makeTempDirectory() {
  directories.push(mkdtempSync(path.join(os.tmpdir(), 'broker-guard-bench-')));
  return directories.at(-1);
}

/** Where a program is, if it is there. Debian keeps nginx and haproxy in sbin. */
export function findTool(name) {
  const places = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'];
  return places.map((place) => path.join(place, name)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function startChild([program, ...args], options = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  living.add(child);
  const forget = () => living.delete(child);
  return child.once('exit', forget).once('error', forget);
}

/** SIGTERM, and SIGKILL for what does not listen. */
export async function stopChild(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(timer);
}

/** Runs a command to its end and returns its standard output. */
export async function runToEnd(command, timeoutMs) {
  const child = startChild(command, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (text) => {
      said[name] += text;
    });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const outcome = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve(signal ?? code));
  });
  clearTimeout(timer);
  if (outcome === 0) return said.stdout;
  throw new Error(`${command.join(' ').slice(0, 200)} ended with ${outcome}: ${said.stderr}`);
}
