// Process accounting from /proc: CPU time, resident memory and connections of processes. Knows nothing about what they do.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const ask = (name) => Number(execFileSync('getconf', [name], { encoding: 'utf8' }));
const TICK_US = 1e6 / ask('CLK_TCK');
const PAGE_BYTES = ask('PAGESIZE');
const SAMPLE_MS = 50;

/** The process and everything below it. */
export function listProcessTree(pid) {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(listProcessTree)];
}

function readProcess(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    throw new Error(`process ${pid} has ended while it was measured`);
  }
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** User and system time of all threads so far, in microseconds, by ticks of 10 ms on Linux. */
export const readCpuMicros = (pids) =>
  sum(
    pids.map((pid) => {
      const stat = readProcess(pid, 'stat');
      // The command name may hold spaces and parentheses: fields are counted from behind it (proc(5): 14 and 15).
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * TICK_US;
    }),
  );

/** Resident memory in bytes. */
export const readResidentBytes = (pids) =>
  sum(pids.map((pid) => Number(readProcess(pid, 'statm').split(' ')[1]) * PAGE_BYTES));

/** Samples resident memory until it is called again, which gives the highest sample in bytes. */
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
