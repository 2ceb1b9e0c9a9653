// Process accounting from /proc: CPU time and resident memory of a process and its descendants.
// Knows nothing about what the process does.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

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

/** User and system time of all threads so far, in microseconds, by ticks of 10 ms on Linux. @param {number[]} pids */
export function readCpuMicros(pids) {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and parentheses: fields are counted from behind it (proc(5): 14 and 15).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks * 1e6) / TICKS_PER_SECOND;
}

/** Resident memory in bytes. @param {number[]} pids */
export function readResidentBytes(pids) {
  return pids.reduce(
    (sum, pid) => sum + Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES,
    0,
  );
}

/**
 * Samples resident memory until stopped.
 * @param {number[]} pids @returns {() => number} stops, and returns the highest sample in bytes
 */
export function watchResidentPeak(pids) {
  let peak = readResidentBytes(pids);
  const timer = setInterval(() => {
    peak = Math.max(peak, readResidentBytes(pids));
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return Math.max(peak, readResidentBytes(pids));
  };
}
