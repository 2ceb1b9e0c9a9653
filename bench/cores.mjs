// Which cores the contestants and the load may use, and the taskset words that pin a command there.
// Knows nothing about what is run.
import { execFileSync } from 'node:child_process';
import { isToolPresent } from './children.mjs';

/** @typedef {{ contestant: string, load: string, pinned: boolean, note: string }} Cores */

/** Core numbers of a kernel list such as `0-2,5`. @param {string} list */
function expandCoreList(list) {
  return list.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/**
 * One core for the contestant, the others for load and upstream.
 * The runner itself moves to the load's cores, so that its sampling never disturbs a contestant.
 * @returns {Cores}
 */
export function planCores() {
  if (!isToolPresent('taskset')) {
    return { contestant: '', load: '', pinned: false, note: 'taskset is missing: nothing is pinned' };
  }
  const affinity = execFileSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' });
  const allowed = expandCoreList(affinity.slice(affinity.lastIndexOf(':') + 1).trim());
  if (allowed.length < 2) {
    return { contestant: '', load: '', pinned: false, note: 'only one core: nothing is pinned' };
  }
  const [contestant, ...others] = allowed;
  const load = others.join(',');
  execFileSync('taskset', ['-acp', load, String(process.pid)], { stdio: 'ignore' });
  const note = `contestant on core ${contestant}; load, upstream and runner on ${load}`;
  return { contestant: String(contestant), load, pinned: true, note };
}

/**
 * @param {Cores} cores @param {'contestant' | 'load'} role @param {string[]} command
 * @returns {string[]} the command, behind `taskset` where there is one; taskset execs, so the pid stays the command's
 */
export function pinCommand(cores, role, command) {
  return cores.pinned ? ['taskset', '-c', cores[role], ...command] : command;
}
