// Which cores the contestants and the load may use, and how much of one: the taskset words that pin a command, the
// cpu cgroups that hold a process to a share. Knows nothing about what is run.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isToolPresent } from './children.mjs';

/** Load, upstream and runner. */
export const OTHER_CORES = 2;
/** Of a core, for each of several serving processes where cores are too few; all of them leave the core some room. */
const LARGEST_SHARE = 0.2;
const SHARED_CORE = 0.8;
const PERIOD_US = 50_000;
const REMOVE_DEADLINE_MS = 3000;
const REMOVE_POLL_MS = 20;

/** @typedef {{ contestant: string, load: string, pinned: boolean, note: string }} Cores */
/**
 * @typedef {object} Confinement how serving processes are kept from starving each other and the load
 * @property {number | undefined} share of a core that each serving process has; none where that cannot be had
 * @property {string} note
 * @property {(count: number) => Cores} coresFor what a contestant with so many of them starts on
 * @property {(serving: number[], primary: number | undefined) => void} hold them, and their parent, from now on
 */
/** @typedef {{ directory: string, isUnified: boolean }} GroupPlace `isUnified` for cgroup v2 */

/** Core numbers of a kernel list such as `0-2,5`. @param {string} list */
function expandCoreList(list) {
  return list.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** The cores this process may use; none where they cannot be chosen. */
export function listCores() {
  if (!isToolPresent('taskset')) return [];
  const affinity = execFileSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' });
  return expandCoreList(affinity.slice(affinity.lastIndexOf(':') + 1).trim());
}

/** Moves a running process with all its threads. @param {number} pid @param {string} cores */
export function pinProcess(pid, cores) {
  execFileSync('taskset', ['-acp', cores, String(pid)], { stdio: 'ignore' });
}

/**
 * One core for the contestant, or more where it has several processes; the others for load and upstream.
 * The runner itself moves to the load's cores, so that its sampling never disturbs a contestant.
 * @param {number} [wanted] cores for the contestant
 * @returns {Cores}
 */
export function planCores(wanted = 1) {
  const allowed = listCores();
  if (allowed.length <= wanted) {
    const why = allowed.length === 0 ? 'taskset is missing' : 'too few cores';
    return { contestant: '', load: '', pinned: false, note: `${why}: nothing is pinned` };
  }
  const contestant = allowed.slice(0, wanted).join(',');
  const load = allowed.slice(wanted).join(',');
  pinProcess(process.pid, load);
  const note = `contestant on core ${contestant}; load, upstream and runner on ${load}`;
  return { contestant, load, pinned: true, note };
}

/**
 * @param {Cores} cores @param {'contestant' | 'load'} role @param {string[]} command
 * @returns {string[]} the command, behind `taskset` where there is one; taskset execs, so the pid stays the command's
 */
export function pinCommand(cores, role, command) {
  return cores.pinned ? ['taskset', '-c', cores[role], ...command] : command;
}

/** Directories in which a cpu cgroup may be made: below this process's own, or at the top. @returns {GroupPlace[]} */
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

/** @param {GroupPlace} group @param {number} share of a core */
function limitGroup({ directory, isUnified }, share) {
  const quotaUs = String(Math.round(share * PERIOD_US));
  if (isUnified) {
    writeFileSync(path.join(directory, 'cpu.max'), `${quotaUs} ${PERIOD_US}`);
    return;
  }
  writeFileSync(path.join(directory, 'cpu.cfs_period_us'), String(PERIOD_US));
  writeFileSync(path.join(directory, 'cpu.cfs_quota_us'), quotaUs);
}

/** Ends what outlived its parent: a group with processes cannot be removed. @param {string} directory */
function endProcesses(directory) {
  for (const pid of readFileSync(path.join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** @param {string} directory */
function removeGroup(directory) {
  const deadline = performance.now() + REMOVE_DEADLINE_MS;
  while (existsSync(directory)) {
    try {
      rmdirSync(directory);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      endProcesses(directory);
      // The bench is ending: there is no event loop to wait on any more.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REMOVE_POLL_MS);
    }
  }
}

/** The cpu cgroups of one run, below a group of its own. They are gone when the bench ends. */
class CpuGroups {
  /** @type {string[]} */
  #made = [];
  /** @type {GroupPlace} */
  #root;

  /** @param {GroupPlace} place @throws where groups cannot be made or limited there */
  constructor({ directory, isUnified }) {
    process.once('exit', () => this.#remove());
    this.#root = this.#make({ directory, isUnified }, `broker-guard-bench-${process.pid}`);
    this.#enableBelow(this.#root);
    limitGroup(this.#make(this.#root, 'trial'), 1);
  }

  /**
   * Holds processes to a share of a core each, and them and their parent to the sum of it: what the parent does
   * is then paid for as it is on a machine with as many cores.
   * @param {number[]} pids @param {number | undefined} parent has no share of its own @param {number} share
   */
  hold(pids, parent, share) {
    const together = this.#make(this.#root, String(this.#made.length));
    this.#enableBelow(together);
    limitGroup(together, share * pids.length);
    for (const pid of parent === undefined ? pids : [parent, ...pids]) {
      const group = this.#make(together, String(this.#made.length));
      if (pid !== parent) limitGroup(group, share);
      writeFileSync(path.join(group.directory, 'cgroup.procs'), String(pid));
    }
  }

  /** @param {GroupPlace} parent @param {string} name @returns {GroupPlace} */
  #make({ directory, isUnified }, name) {
    const made = path.join(directory, name);
    mkdirSync(made);
    this.#made.unshift(made);
    return { directory: made, isUnified };
  }

  /** In cgroup v2 a controller is handed down step by step. @param {GroupPlace} group */
  #enableBelow({ directory, isUnified }) {
    if (isUnified) writeFileSync(path.join(directory, 'cgroup.subtree_control'), '+cpu');
  }

  #remove() {
    for (const directory of this.#made) {
      try {
        removeGroup(directory);
      } catch (error) {
        console.error(`bench: ${directory} is left behind: ${/** @type {Error} */ (error).message}`);
      }
    }
  }
}

/** @returns {CpuGroups | undefined} none where this user may not make them */
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

/** @param {number} most serving processes @returns {Confinement} */
function giveCores(most) {
  const cores = planCores(most);
  const own = cores.contestant.split(',');
  return {
    share: 1,
    note: `a core for each serving process, the primary on theirs: ${cores.note}`,
    coresFor: (count) => ({ ...cores, contestant: own.slice(0, count).join(',') }),
    hold: (serving) => {
      for (const [index, pid] of serving.entries()) pinProcess(pid, /** @type {string} */ (own[index]));
    },
  };
}

/**
 * A core for each where there are enough, else an equal share of one core by cpu cgroups, for one process too.
 * @param {number} most serving processes @returns {Confinement}
 */
export function confineServing(most) {
  if (listCores().length >= most + OTHER_CORES) return giveCores(most);
  const cores = planCores();
  const groups = openCpuGroups();
  const share = Math.min(LARGEST_SHARE, SHARED_CORE / most);
  const held = `each serving process held to ${Math.round(100 * share)} % of a core by a cpu cgroup, the primary within their sum`;
  const free = `neither ${most + OTHER_CORES} cores nor a cpu cgroup that this user may make`;
  return {
    share: groups && share,
    note: `${groups ? held : free}; ${cores.note}`,
    coresFor: () => cores,
    hold: (serving, primary) => groups?.hold(serving, primary, share),
  };
}
