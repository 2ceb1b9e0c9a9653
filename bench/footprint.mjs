// Start-up time and idle memory of the guard with 100 key files, against their bounds.
import { setTimeout as delay } from 'node:timers/promises';
import { listContestants } from './contestants/registry.mjs';
import { readResidentBytes } from './cpu.mjs';
import { figureOf } from './figures.mjs';
import { launchContestant } from './launch.mjs';

const KEY_FILES = 100;
const STARTS = 5;
const IDLE_MS = 500;

async function measureStart({ field }) {
  const [guard] = listContestants();
  const instance = await launchContestant(guard, { ...field, issuers: KEY_FILES });
  await delay(IDLE_MS);
  const residentMb = readResidentBytes(instance.pids) / 1e6;
  await instance.stop();
  return { startMs: instance.startMs, residentMb };
}

export const FOOTPRINT = {
  id: 'footprint',
  title: `Start and idle memory with ${KEY_FILES} key files`,
  async run(bench) {
    const starts = [];
    while (starts.length < STARTS) starts.push(await measureStart(bench));
    const list = (name) => starts.map((start) => start[name]);
    return {
      note: `Median of ${STARTS} starts`,
      figures: [
        figureOf('start until it is ready', list('startMs'), 'ms', 1000),
        figureOf('resident memory, idle', list('residentMb'), 'MB', 90),
      ],
    };
  },
};
