// How much memory a process has taken, as the system counts it. Only where there is /proc.
import { existsSync, readFileSync } from 'node:fs';

export const CAN_SEE_MEMORY = existsSync('/proc/self/status');

/** `VmRSS` is what it has now, `VmHWM` the most it has had. In bytes. */
export function readResident(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  ) as RegExpExecArray;
  return Number(kib) * 1024;
}
