// The order of measuring: every round starts the contestants afresh; within it each scenario visits them in turn. A
// contestant that fails loses its row, never the run.

import { spreadOf, summarizeCells } from './figures.mjs';
import { launchContestant } from './launch.mjs';
import { findWrongAnswer, measureCell } from './measure.mjs';
import { listTaking } from './scenarios.mjs';

/** The running contestants of one round, started when first needed. What failed is not tried again in this round. */
class Stable {
  #bench;
  #instances = new Map();
  #failures = new Map();

  constructor(bench) {
    this.#bench = bench;
  }

  /** @throws Error where it cannot be started or answers wrongly */
  async fetch(id, { issuers, isBroker }) {
    // With a name of its own: an instance for one scenario alone.
    const name = isBroker ? `${id}@broker` : issuers === undefined ? id : `${id}@${issuers}`;
    const running = this.#instances.get(name);
    if (running?.isAlive()) return running;
    if (this.#failures.has(name)) throw this.#failures.get(name);
    try {
      const instance = await this.#start(id, issuers ?? 1, isBroker);
      this.#instances.set(name, instance);
      this.#bench.started[name] ??= [];
      this.#bench.started[name].push(instance);
      return instance;
    } catch (error) {
      this.#failures.set(name, error);
      throw error;
    }
  }

  async #start(id, issuers, isBroker) {
    const { present, broker, tokens, field } = this.#bench;
    const behind = isBroker ? { upstreamPort: broker.port, limitConn: 2 } : {};
    const contestant = present.find((one) => one.id === id);
    const instance = await launchContestant(contestant, { ...field, issuers, ...behind });
    const wrong = await findWrongAnswer(instance, tokens);
    if (wrong === undefined) return instance;
    await instance.stop();
    throw new Error(wrong);
  }

  async stop(isUnwanted) {
    for (const [name, instance] of this.#instances) {
      if (!isUnwanted(name)) continue;
      this.#instances.delete(name);
      await instance.stop();
    }
  }
}

/**
 * A contestant is warm after its first scenario; one started for a scenario is not. What V8 has compiled it throws away
 * when it first sees connections close, so one long load warms less than several.
 */
function planSeconds({ id, issuers, isBroker, seconds }, { quick }, isNative) {
  const isFirst = id === 'one-token' || issuers !== undefined || isBroker;
  if (quick) return { warmUps: isFirst ? [1] : [], seconds: 1 };
  return { warmUps: isFirst && !isNative ? [2, 2, 2, 2] : [1], seconds };
}

async function visit(bench, stable, scenario, id) {
  const isDirect = id === 'direct';
  try {
    const target = isDirect ? { ...bench.upstream, isDirect } : await stable.fetch(id, scenario);
    const plan = planSeconds(scenario, bench.options, isDirect || target.contestant.isNative);
    return await measureCell(target, scenario, plan, bench);
  } catch (error) {
    return { problems: [error.message.replaceAll('\n', ' ').replaceAll('|', '/')], remarks: [], requests: 0 };
  }
}

function tell(place, { problems, remarks, cpuUs, perSecond, p99Us, residentPeak }) {
  if (problems.length > 0) return console.error(`${place} INVALID: ${problems.join('; ')}`);
  const cpu = (cpuUs?.toFixed(1) ?? '-').padStart(8);
  const rest = `p99 ${(p99Us / 1000).toFixed(2)} ms  ${(residentPeak / 1e6).toFixed(0)} MB ${remarks.join('; ')}`;
  return console.error(`${place} ${cpu} us ${perSecond.toFixed(0).padStart(7)}/s  ${rest}`);
}

async function runRound(bench, round, cells) {
  const { present, scenarios, options } = bench;
  const known = new Set(['direct', ...present.map(({ id }) => id)]);
  const stable = new Stable(bench);
  for (const scenario of scenarios) {
    const ids = listTaking(scenario, options).filter((id) => known.has(id));
    cells[scenario.id] ??= Object.fromEntries(ids.map((id) => [id, []]));
    // Each round begins with another contestant, so that none always runs after the same neighbour.
    for (const id of ids.map((_, index) => ids[(index + round) % ids.length])) {
      const cell = await visit(bench, stable, scenario, id);
      tell(`${round + 1}/${options.rounds} ${scenario.id.padEnd(22)} ${id.padEnd(12)}`, cell);
      cells[scenario.id][id].push(cell);
    }
    await stable.stop((name) => name.includes('@'));
  }
  await stable.stop(() => true);
}

const mapValues = (object, map) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));

/** Rows by scenario and contestant; starts by contestant and number of key files, `guard@10000`. */
export async function runRounds(bench) {
  const cells = {};
  for (let round = 0; round < bench.options.rounds; round += 1) await runRound(bench, round, cells);
  return {
    rows: mapValues(cells, (byContestant) => mapValues(byContestant, summarizeCells)),
    starts: mapValues(bench.started, (list) => ({
      startMs: spreadOf(list.map(({ startMs }) => startMs)),
      idleBytes: spreadOf(list.map(({ idleBytes }) => idleBytes)),
    })),
  };
}
