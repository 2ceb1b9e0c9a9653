// One cell: a contestant under one scenario's load, with CPU, memory and whether every answer was the expected one.
// Chooses no scenario and keeps no history.
import { createReadStream, existsSync, truncateSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readCpuMicros, watchResidentPeak } from './cpu.mjs';
import { fetchOnce } from './launch.mjs';
import { runLoad } from './load.mjs';
import { FRESH_TOKENS } from './tokens.mjs';

const REFUSED_EVERY = 50;
const SETTLE_MS = 100;
const METRICS_EVERY_MS = 1000;
const NEWLINE = 10;

/**
 * @typedef {object} Cell
 * @property {string[]} problems empty when every answer was the expected one
 * @property {string[]} remarks
 * @property {number} requests
 * @property {number | undefined} cpuUs CPU microseconds a request; absent for `direct`
 * @property {number} perSecond @property {number} p50Us @property {number} p99Us
 * @property {number} residentPeak bytes
 */

/** @param {import('./scenarios.mjs').Scenario} scenario @param {import('./load.mjs').LoadResult} result */
function findUnexpectedAnswers({ load, minBytes }, result) {
  const problems = [];
  if (result.requests === 0) problems.push('no request completed');
  if (result.socketErrors > 0) problems.push(`${result.socketErrors} socket errors`);
  if (result.timeouts > 0) problems.push(`${result.timeouts} timeouts`);
  if (result.unexpected > 0) {
    problems.push(`${result.unexpected} unexpected answers, such as ${result.strange}`);
  } else if (load.mode === 'plain' && load.expected < 400 && result.errorStatuses > 0) {
    problems.push(`${result.errorStatuses} answers above 399`);
  }
  if (result.requests > 0 && load.mode === 'plain' && result.bytes / result.requests < minBytes) {
    problems.push(`answers shorter than ${minBytes} bytes`);
  }
  return problems;
}

/** In mixed work one request in fifty, and no other, is refused. @param {import('./load.mjs').LoadResult} result @param {number} connections */
function findWrongShare(result, connections) {
  const expected = result.requests / REFUSED_EVERY;
  const isRight = Math.abs(result.refused - expected) <= connections + 1;
  return isRight ? [] : [`${result.refused} requests refused instead of about ${Math.round(expected)}`];
}

/** @param {string} file */
async function countLines(file) {
  let lines = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
  }
  return lines;
}

/** The guard's audit trail is part of its work: fewer lines than requests means it did less. @param {string | undefined} file @param {number} requests */
async function findMissingAudit(file, requests) {
  if (file === undefined || !existsSync(file)) return [];
  const lines = await countLines(file);
  return lines >= requests ? [] : [`only ${lines} audit lines for ${requests} requests`];
}

/** Reads the metrics as a scraper would. @param {string | undefined} url @returns {() => string[]} stops, and returns remarks */
function scrapeMetrics(url) {
  if (url === undefined) return () => [];
  /** @type {Set<string>} */
  const remarks = new Set();
  const scrape = async () => {
    const status = await fetchOnce(url).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status !== 200) remarks.add(`metrics answered ${status}, so they are not in the figure`);
  };
  const timer = setInterval(scrape, METRICS_EVERY_MS);
  return () => {
    clearInterval(timer);
    return [...remarks];
  };
}

/**
 * @param {{ port: number, pids: number[], outputFile?: string | undefined, metricsUrl?: string | undefined, isDirect?: boolean }} target
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {{ tokens: import('./tokens.mjs').TokenStore, cores: import('./cores.mjs').Cores, warmUps: readonly number[], seconds: number }} plan `warmUps`: seconds of each load before
 * @returns {Promise<Cell>}
 */
export async function measureCell(target, scenario, { tokens, cores, warmUps, seconds }) {
  const { tokenFile } = scenario.load;
  const load = { ...scenario.load, tokenFile: tokenFile === '' ? '' : tokens.file(tokenFile) };
  let start = 0;
  for (const warmUpSeconds of warmUps) {
    const warmUp = await runLoad(load, target.port, { start, seconds: warmUpSeconds }, cores);
    start = scenario.mustNotRepeat ? warmUp.issued : 0;
  }
  if (target.outputFile) truncateSync(target.outputFile);
  const stopWatching = watchResidentPeak(target.pids);
  const stopScraping = load.mode === 'mixed' ? scrapeMetrics(target.metricsUrl) : () => [];
  const cpuBefore = readCpuMicros(target.pids);
  const result = await runLoad(load, target.port, { start, seconds }, cores);
  // Work put off to a later turn, such as audit lines, belongs to the requests.
  await delay(SETTLE_MS);
  const cpu = readCpuMicros(target.pids) - cpuBefore;
  const remarks = stopScraping();
  if (scenario.mustNotRepeat && result.issued > FRESH_TOKENS) {
    remarks.push(`tokens repeated: ${result.issued} sent of ${FRESH_TOKENS}`);
  }
  return {
    problems: [
      ...findUnexpectedAnswers(scenario, result),
      ...(load.mode === 'mixed' ? findWrongShare(result, load.connections) : []),
      ...(await findMissingAudit(target.outputFile, result.requests)),
    ],
    remarks,
    requests: result.requests,
    cpuUs: target.isDirect || result.requests === 0 ? undefined : cpu / result.requests,
    perSecond: (result.requests * 1e6) / result.micros,
    p50Us: result.p50Us,
    p99Us: result.p99Us,
    residentPeak: stopWatching(),
  };
}
