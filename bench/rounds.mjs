// The order of measuring: every round starts the contestants afresh; within it each scenario visits them in turn.
// A contestant that fails loses its row, never the run.
import { launchContestant } from './launch.mjs';
import { measureCell } from './measure.mjs';
import { findWrongAnswer } from './probe.mjs';
import { spreadOf, summarizeCells } from './results.mjs';
import { listContestants } from './scenarios.mjs';

/**
 * @typedef {object} Field
 * @property {import('./contestants/registry.mjs').Contestant[]} present
 * @property {import('./scenarios.mjs').Scenario[]} scenarios
 * @property {import('./options.mjs').Options} options
 * @property {import('./tokens.mjs').TokenStore} tokens
 * @property {{ port: number, pids: number[] }} upstream
 * @property {{ port: number, pids: number[] }} broker
 * @property {import('./cores.mjs').Cores} cores
 * @property {string} root directory for the contestants' files
 *
 * @typedef {Record<string, Record<string, import('./measure.mjs').Cell[]>>} Cells by scenario, then contestant
 */

/** @param {string} problem @returns {import('./measure.mjs').Cell} */
const failedCell = (problem) => ({
  problems: [problem.replaceAll('\n', ' ').replaceAll('|', '/')],
  remarks: [],
  requests: 0,
  cpuUs: undefined,
  perSecond: 0,
  p50Us: 0,
  p99Us: 0,
  residentPeak: 0,
});

/** The running contestants of one round, started when first needed. */
class Stable {
  /** @param {Field} field @param {(name: string, instance: import('./launch.mjs').Instance) => void} onStart */
  constructor(field, onStart) {
    this.field = field;
    this.onStart = onStart;
    /** @type {Map<string, import('./launch.mjs').Instance>} */
    this.instances = new Map();
    /** @type {Map<string, Error>} */
    this.failures = new Map();
  }

  /**
   * Throws when it cannot be started or answers wrongly; what failed so is not tried again in this round.
   * @param {string} id @param {import('./scenarios.mjs').Scenario} scenario
   */
  async fetch(id, { issuers, isBroker }) {
    // With a name of its own: an instance for one scenario alone.
    const name = isBroker ? `${id}@broker` : issuers === undefined ? id : `${id}@${issuers}`;
    const running = this.instances.get(name);
    if (running?.isAlive()) return running;
    const failure = this.failures.get(name);
    if (failure) throw failure;
    try {
      const instance = await this.start(id, issuers ?? 1, isBroker);
      this.instances.set(name, instance);
      this.onStart(name, instance);
      return instance;
    } catch (error) {
      this.failures.set(name, /** @type {Error} */ (error));
      throw error;
    }
  }

  /** @param {string} id @param {number} issuers @param {boolean} isBroker */
  async start(id, issuers, isBroker) {
    const { present, root, upstream, broker, tokens, cores } = this.field;
    const contestant = present.find((one) => one.id === id);
    if (!contestant) throw new Error(`there is no contestant ${id}`);
    const { publicKeyFile, publicKeys } = tokens;
    const behind = isBroker ? { upstreamPort: broker.port, limitConn: 2 } : { upstreamPort: upstream.port };
    const field = { root, ...behind, publicKeyFile, publicKeys, issuers, cores };
    const instance = await launchContestant(contestant, field);
    const wrong = await findWrongAnswer(instance, tokens);
    if (wrong === undefined) return instance;
    await instance.stop();
    throw new Error(wrong);
  }

  /** @param {(name: string) => boolean} isUnwanted */
  async stop(isUnwanted) {
    for (const [name, instance] of this.instances) {
      if (!isUnwanted(name)) continue;
      this.instances.delete(name);
      await instance.stop();
    }
  }
}

/** @param {import('./scenarios.mjs').Scenario} scenario @param {import('./options.mjs').Options} options */
function planSeconds(scenario, { quick }) {
  // wrk counts whole seconds. A contestant is warm after its first scenario; one started for a scenario is not. What V8
  // has compiled it throws away when it first sees connections close, so one long load warms less than several.
  const isFirst = scenario.id === 'one-token' || scenario.issuers !== undefined || scenario.isBroker;
  return quick
    ? { warmUps: isFirst ? [1] : [], seconds: 1 }
    : { warmUps: isFirst ? [2, 2, 2, 2] : [1], seconds: scenario.seconds };
}

/** @param {Field} field @param {Stable} stable @param {import('./scenarios.mjs').Scenario} scenario @param {string} id */
async function visit({ upstream, tokens, cores, options }, stable, scenario, id) {
  const isDirect = id === 'direct';
  try {
    const target = isDirect ? { ...upstream, isDirect } : await stable.fetch(id, scenario);
    return await measureCell(target, scenario, { tokens, cores, ...planSeconds(scenario, options) });
  } catch (error) {
    return failedCell(/** @type {Error} */ (error).message);
  }
}

/** @param {string} round @param {string} scenario @param {string} id @param {import('./measure.mjs').Cell} cell */
function tell(round, scenario, id, cell) {
  const place = `${round} ${scenario.padEnd(22)} ${id.padEnd(12)}`;
  if (cell.problems.length > 0) {
    console.error(`${place} INVALID: ${cell.problems.join('; ')}`);
    return;
  }
  const cpu = cell.cpuUs === undefined ? '-' : cell.cpuUs.toFixed(1);
  const rss = (cell.residentPeak / 1e6).toFixed(0);
  const rate = cell.perSecond.toFixed(0);
  console.error(
    `${place} ${cpu.padStart(8)} us ${rate.padStart(7)}/s  p99 ${(cell.p99Us / 1000).toFixed(2)} ms  ${rss} MB ${cell.remarks.join('; ')}`,
  );
}

/** @param {Field} field @param {Stable} stable @param {number} round @param {Cells} cells */
async function runRound(field, stable, round, cells) {
  const known = new Set(['direct', ...field.present.map(({ id }) => id)]);
  for (const scenario of field.scenarios) {
    const ids = listContestants(scenario, field.options).filter((id) => known.has(id));
    // Each round begins with another contestant, so that none always runs after the same neighbour.
    const turned = ids.map((_, index) => /** @type {string} */ (ids[(index + round) % ids.length]));
    for (const id of turned) {
      const cell = await visit(field, stable, scenario, id);
      tell(`${round + 1}/${field.options.rounds}`, scenario.id, id, cell);
      cells[scenario.id] ??= Object.fromEntries(ids.map((one) => [one, []]));
      cells[scenario.id]?.[id]?.push(cell);
    }
    await stable.stop((name) => name.includes('@'));
  }
  await stable.stop(() => true);
}

/**
 * @param {Field} field
 * @returns {Promise<Pick<import('./results.mjs').Results, 'rows' | 'starts'>>}
 */
export async function runRounds(field) {
  /** @type {Cells} */
  const cells = {};
  /** @type {Record<string, import('./launch.mjs').Instance[]>} */
  const started = {};
  for (let round = 0; round < field.options.rounds; round += 1) {
    const stable = new Stable(field, (name, instance) => {
      started[name] ??= [];
      started[name].push(instance);
    });
    await runRound(field, stable, round, cells);
  }
  const rows = Object.entries(cells).map(([scenario, byContestant]) => [
    scenario,
    Object.fromEntries(Object.entries(byContestant).map(([id, list]) => [id, summarizeCells(list)])),
  ]);
  const starts = Object.entries(started).map(([name, list]) => [
    name,
    {
      startMs: spreadOf(list.map((one) => one.startMs)),
      idleBytes: spreadOf(list.map((one) => one.idleBytes)),
    },
  ]);
  return { rows: Object.fromEntries(rows), starts: Object.fromEntries(starts) };
}
