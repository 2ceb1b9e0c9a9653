// Which cores the contestants and the load may use, and how much of one: the taskset words that pin a command, the cpu
// cgroups that hold a process to a share. Knows nothing about what is run.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findTool } from './children.mjs';

/** Load, upstream and runner. */
const OTHER_CORES = 2;
/** Of a core, for each of several serving processes where cores are too few; all of them leave the core some room. */
const LARGEST_SHARE = 0.2;
const SHARED_CORE = 0.8;
const PERIOD_US = 50_000;

/** The cores this process may use; none where they cannot be chosen. */
function readCores() {
  if (!findTool('taskset')) return [];
  const affinity = execFileSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' });
  const list = affinity.slice(affinity.lastIndexOf(':') + 1).trim();
  return list.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Before the runner itself moves to those of the load. */
const CORES = readCores();

/** Moves a running process with all its threads. */
const pinProcess = (pid, cores) => execFileSync('taskset', ['-acp', cores, String(pid)], { stdio: 'ignore' });

/**
 * So many cores for the contestant; the others for load and upstream. The runner moves to them as well, so that its
 * sampling never disturbs a contestant.
 */
export function planCores(wanted = 1) {
  if (CORES.length <= wanted) {
    const why = CORES.length === 0 ? 'taskset is missing' : 'too few cores';
    return { contestant: '', load: '', pinned: false, note: `${why}: nothing is pinned` };
  }
  const [contestant, load] = [CORES.slice(0, wanted).join(','), CORES.slice(wanted).join(',')];
  pinProcess(process.pid, load);
  const note = `contestant on core ${contestant}; load, upstream and runner on ${load}`;
  return { contestant, load, pinned: true, note };
}

/** @param {'contestant' | 'load'} role taskset execs, so the pid stays the command's */
export const pinCommand = (cores, role, command) =>
  cores.pinned ? ['taskset', '-c', cores[role], ...command] : command;

export const hasCoresFor = (serving) => CORES.length >= serving + OTHER_CORES;

/**
 * How several serving processes are kept from starving each other and the load: a core for each where there are enough,
 * else an equal share of one core by cpu cgroups, for one process too. `share` is undefined where neither can be had.
 */
export function confineServing(most) {
  if (hasCoresFor(most)) return giveCores(most);
  const cores = planCores();
  const share = Math.min(LARGEST_SHARE, SHARED_CORE / most);
  const groups = openCpuGroups();
  const note = groups
    ? `each serving process held to ${Math.round(100 * share)} % of a core by a cpu cgroup, the primary within their sum`
    : `neither ${most + OTHER_CORES} cores nor a cpu cgroup that this user may make`;
  return {
    share: groups && share,
    note: `${note}; ${cores.note}`,
    coresFor: () => cores,
    hold: (serving, primary) => groups?.hold(serving, primary, share),
  };
}

function giveCores(most) {
  const cores = planCores(most);
  const own = cores.contestant.split(',');
  return {
    share: 1,
    note: `a core for each serving process, the primary on theirs: ${cores.note}`,
    coresFor: (count) => ({ ...cores, contestant: own.slice(0, count).join(',') }),
    hold(serving) {
      for (const [index, pid] of serving.entries()) pinProcess(pid, own[index]);
    },
  };
}

/** Of the first place where this user may make them. */
function openCpuGroups() {
  for (const place of listGroupPlaces()) {
    try {
      return new CpuGroups(place);
    } catch {
      // The next place may do: what was made here goes when the bench ends.
    }
  }
  return undefined;
}

/** Directories in which a cpu cgroup may be made: below this process's own, or at the top. */
function listGroupPlaces() {
  if (!existsSync('/proc/self/cgroup')) return [];
  const own = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  const mounts = readFileSync('/proc/self/mounts', 'utf8').trim().split('\n');
  return mounts.flatMap((line) => {
    const [, mount = '', type, options = ''] = line.split(' ');
    const isUnified = type === 'cgroup2';
    if (!isUnified && !(type === 'cgroup' && options.split(',').includes('cpu'))) return [];
    const pattern = isUnified ? /^0::(.*)$/ : /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/;
    const ownPath = own.map((entry) => pattern.exec(entry)?.[1]).find(Boolean) ?? '';
    return [path.join(mount, ownPath), mount].map((directory) => ({ directory, isUnified }));
  });
}

/** The cpu cgroups of one run, below a group of its own. They are gone when the bench ends. */
class CpuGroups {
  #made = [];
  #isUnified;
  #root;

  /** @throws where groups cannot be made or limited there */
  constructor({ directory, isUnified }) {
    this.#isUnified = isUnified;
    process.once('exit', () => this.#made.forEach(removeGroup));
    this.#root = this.#make(directory, `broker-guard-bench-${process.pid}`, true);
    this.#limit(this.#make(this.#root, 'trial'), 1);
  }

  /**
   * Holds processes to a share of a core each, and them and their parent to the sum of it: what the parent does is then
   * paid for as it is on a machine with as many cores.
   */
  hold(pids, parent, share) {
    const together = this.#make(this.#root, String(this.#made.length), true);
    this.#limit(together, share * pids.length);
    for (const pid of parent === undefined ? pids : [parent, ...pids]) {
      const group = this.#make(together, String(this.#made.length));
      if (pid !== parent) this.#limit(group, share);
      writeFileSync(path.join(group, 'cgroup.procs'), String(pid));
    }
  }

  /** In cgroup v2 a controller is handed down step by step. */
  #make(parent, name, hasGroups = false) {
    const made = path.join(parent, name);
    mkdirSync(made);
    this.#made.unshift(made);
    if (hasGroups && this.#isUnified) writeFileSync(path.join(made, 'cgroup.subtree_control'), '+cpu');
    return made;
  }

  #limit(group, share) {
    const quotaUs = String(Math.round(share * PERIOD_US));
    const files = this.#isUnified
      ? { 'cpu.max': `${quotaUs} ${PERIOD_US}` }
      : { 'cpu.cfs_period_us': String(PERIOD_US), 'cpu.cfs_quota_us': quotaUs };
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(group, name), text);
  }
}

/** The bench is ending: what is left in it has been killed, and there is no event loop to wait on any more. */
function removeGroup(directory) {
  for (let tries = 0; tries < 150 && existsSync(directory); tries += 1) {
    try {
      rmdirSync(directory);
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
  if (existsSync(directory)) console.error(`bench: ${directory} is left behind`);
}
