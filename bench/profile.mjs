// Where the guard's CPU time goes: runs it under --cpu-prof with one scenario's load and gives the functions that take most.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { listContestants } from './contestants/registry.mjs';
import { figureOf } from './figures.mjs';
import { launchContestant } from './launch.mjs';
import { runLoad } from './load.mjs';
import { SCENARIOS } from './scenarios.mjs';

const SECONDS = 8;
const SAMPLE_US = 200;
const TOP = 30;

/** Shortened to what tells files apart. */
function nameFrame({ functionName, url, lineNumber }) {
  const file = url.replace(/^.*\/(?=dist\/|node_modules\/)/, '').replace('node_modules/', '');
  return `${functionName || '(anonymous)'} ${file}${file === '' ? '' : `:${lineNumber + 1}`}`;
}

/** Microseconds by function, highest first. */
function sumSelfTime({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, nameFrame(callFrame)]));
  const sums = new Map();
  for (const [index, id] of samples.entries()) {
    const name = frames.get(id);
    sums.set(name, (sums.get(name) ?? 0) + Math.max(0, timeDeltas[index]));
  }
  const busy = [...sums].filter(([name]) => !/^\((?:idle|program|root)\)/.test(name));
  return busy.sort(([, a], [, b]) => b - a);
}

export const PROFILE = {
  id: 'profile',
  title: 'Where the CPU time goes',
  isOnRequest: true,
  async run(bench) {
    const { load, issuers = 1 } = SCENARIOS.find(({ id }) => id === bench.options.of);
    const profiles = path.join(bench.field.root, 'profiles');
    const flags = ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-interval=${SAMPLE_US}`];
    const [guard] = listContestants();
    const describe = (context) => {
      const launch = guard.describe(context);
      return { ...launch, command: [launch.command[0], ...flags, ...launch.command.slice(1)] };
    };
    const instance = await launchContestant({ ...guard, describe }, { ...bench.field, issuers });
    const { requests } = await runLoad(load, instance.port, { start: 0, seconds: SECONDS }, bench);
    await instance.stop();
    const [file] = readdirSync(profiles);
    const sums = sumSelfTime(JSON.parse(readFileSync(path.join(profiles, file), 'utf8')));
    const total = sums.reduce((sum, [, micros]) => sum + micros, 0);
    const figure = (what, micros) =>
      figureOf(what, micros / requests, `us a request, ${((100 * micros) / total).toFixed(1)} %`);
    return {
      note: `${requests} requests of ${bench.options.of}; JavaScript, GC and natives it calls, self time by function`,
      figures: [figure('all', total), ...sums.slice(0, TOP).map(([name, micros]) => figure(name, micros))],
    };
  },
};
