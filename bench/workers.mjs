// How the guard scales with its worker processes: throughput and CPU per request of 1, 2 and, where there are cores, 4. The
// guards of a round run side by side and are measured in turn, so that what is compared is close in time.
import { describeGuard } from './contestants/guard.mjs';
import { listContestants } from './contestants/registry.mjs';
import { confineServing, hasCoresFor } from './cores.mjs';
import { readCpuMicros } from './cpu.mjs';
import { figureOf } from './figures.mjs';
import { launchContestant } from './launch.mjs';
import { runLoad, SMALL_GET } from './load.mjs';
import { findWrongAnswer, measureCell } from './measure.mjs';

const CONNECTIONS = [32, 128];
const BOUND = 1.7;
/** A guard that used less of what it was given was not the bottleneck: its throughput is that of the load. */
const BUSY = 0.85;

/** Started, probed and warmed up at full speed; held from then on. */
async function startGuard(count, way, bench) {
  const [guard] = listContestants();
  const cores = way.coresFor(count);
  const contestant = { ...guard, describe: (context) => describeGuard(context, count) };
  const instance = await launchContestant(contestant, { ...bench.field, cores });
  const wrong = await findWrongAnswer(instance, bench.tokens);
  if (wrong) throw new Error(`the guard with ${count} workers ${wrong}`);
  await runLoad(SMALL_GET, instance.port, { start: 0, seconds: 2 }, { ...bench, cores });
  way.hold(instance.pids.slice(-count), count === 1 ? undefined : instance.pids[0]);
  return { count, instance };
}

async function measureGuard({ count, instance }, connections, way, bench) {
  const scenario = { load: { ...SMALL_GET, connections }, minBytes: 600, mustNotRepeat: false };
  const plan = { warmUps: [], seconds: bench.options.quick ? 2 : 6 };
  const primary = count === 1 ? [] : [instance.pids[0]];
  const before = readCpuMicros(primary);
  const cell = await measureCell(instance, scenario, plan, { ...bench, cores: way.coresFor(count) });
  if (cell.problems.length > 0) throw new Error(`${count} workers: ${cell.problems.join('; ')}`);
  const primaryUs = (readCpuMicros(primary) - before) / cell.requests;
  const busy = way.share && (cell.cpuUs * cell.perSecond) / (1e6 * way.share * count);
  console.error(
    `workers ${count}, ${connections} connections: ${cell.cpuUs.toFixed(1)} us, busy ${busy?.toFixed(2) ?? '-'}`,
  );
  return {
    count,
    connections,
    cpuUs: cell.cpuUs,
    primaryUs,
    capacity: busy >= BUSY ? cell.perSecond : undefined,
  };
}

async function runRound(counts, way, bench) {
  const guards = [];
  const cells = [];
  for (const count of counts) guards.push(await startGuard(count, way, bench));
  for (const connections of CONNECTIONS)
    for (const guard of guards) cells.push(await measureGuard(guard, connections, way, bench));
  for (const { instance } of guards) await instance.stop();
  return cells;
}

function summarize(rounds, count, connections) {
  const find = (round, wanted) =>
    round.find((one) => one.count === wanted && one.connections === connections);
  const cells = rounds.map((round) => find(round, count));
  const ratios = rounds.flatMap((round) => {
    const ratio = find(round, count).capacity / find(round, 1).capacity;
    return Number.isFinite(ratio) ? [ratio] : [];
  });
  const what = `${count} ${count === 1 ? 'worker' : 'workers'}, ${connections} connections`;
  const all = [
    figureOf(
      `${what}: requests/s`,
      cells.flatMap(({ capacity }) => capacity ?? []),
      '',
    ),
    figureOf(
      `${what}: CPU of all processes`,
      cells.map(({ cpuUs }) => cpuUs),
      'us a request',
    ),
  ];
  if (count === 1) return all;
  const bound = count === 2 ? BOUND : undefined;
  return [
    ...all,
    figureOf(
      `${what}: CPU of the primary`,
      cells.map(({ primaryUs }) => primaryUs),
      'us a request',
    ),
    figureOf(`${what}: requests/s to those of 1`, ratios, 'times', bound, 'at least'),
  ];
}

export const WORKERS = {
  id: 'workers',
  title: 'Workers',
  async run(bench) {
    const counts = hasCoresFor(4) ? [1, 2, 4] : [1, 2];
    const way = confineServing(Math.max(...counts));
    const rounds = [];
    // Each round begins with another one.
    while (rounds.length < bench.options.rounds)
      rounds.push(await runRound(rounds.length % 2 === 0 ? counts : counts.toReversed(), way, bench));
    const figures = counts.flatMap((count) =>
      CONNECTIONS.flatMap((connections) => summarize(rounds, count, connections)),
    );
    const idle = `a round in which a guard was busy for less than ${100 * BUSY} % of what it was given counts for no throughput`;
    return { note: `${way.note}; ${idle}`, figures };
  },
};
