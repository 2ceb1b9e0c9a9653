// Process accounting from /proc: CPU time, resident memory and connections of a process and its descendants.
// Knows nothing about what the process does.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const PAGE_BYTES = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }));
const SAMPLE_MS = 50;

/** The process and everything below it. @param {number} pid @returns {number[]} */
export function listProcessTree(pid) {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(listProcessTree)];
}

/** @param {number} pid @param {string} file */
function readProcess(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    throw new Error(`process ${pid} has ended while it was measured`);
  }
}

/** User and system time of all threads so far, in microseconds, by ticks of 10 ms on Linux. @param {number[]} pids */
export function readCpuMicros(pids) {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readProcess(pid, 'stat');
    // The command name may hold spaces and parentheses: fields are counted from behind it (proc(5): 14 and 15).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks * 1e6) / TICKS_PER_SECOND;
}

/** Established IPv4 connections to a port of this process, as it holds them now. @param {number} pid @param {number} port */
export function countConnections(pid, port) {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  // Columns as in proc(5), net/tcp: 1 is the local address, 3 the state (01 established), 9 the inode.
  const sockets = readProcess(pid, 'net/tcp')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === '01')
    .map((columns) => `socket:[${columns[9]}]`);
  const held = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => readTarget(`/proc/${pid}/fd/${fd}`)));
  return sockets.filter((socket) => held.has(socket)).length;
}

/** A descriptor may be closed while they are listed. @param {string} link */
function readTarget(link) {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

/** Resident memory in bytes. @param {number[]} pids */
export function readResidentBytes(pids) {
  return pids.reduce((sum, pid) => sum + Number(readProcess(pid, 'statm').split(' ')[1]) * PAGE_BYTES, 0);
}

/**
 * Samples resident memory until stopped.
 * @param {number[]} pids @returns {() => number} stops, and returns the highest sample in bytes
 */
export function watchResidentPeak(pids) {
  let peak = readResidentBytes(pids);
  const timer = setInterval(() => {
    try {
      peak = Math.max(peak, readResidentBytes(pids));
    } catch {
      // One has ended: whoever reads its figures after the run is told.
      clearInterval(timer);
    }
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return Math.max(peak, readResidentBytes(pids));
  };
}
