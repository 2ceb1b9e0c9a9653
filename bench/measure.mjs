// One cell: a contestant under one scenario's load, with CPU, memory and whether every answer was the expected one. Chooses
// no scenario and keeps no history.
import { execFileSync } from 'node:child_process';
import { existsSync, truncateSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readCpuMicros, watchResidentPeak } from './cpu.mjs';
import { fetchOnce } from './launch.mjs';
import { runLoad } from './load.mjs';
import { FRESH_TOKENS } from './tokens.mjs';

const REFUSED_EVERY = 50;
const SETTLE_MS = 100;
const AUDIT_DEADLINE_MS = 3000;
const METRICS_EVERY_MS = 1000;

/** One real request of each kind, before any figure counts: what is wrong, in one sentence. */
export async function findWrongAnswer({ port, contestant }, tokens) {
  const ask = (headers) => fetchOnce(`http://127.0.0.1:${port}/api/v4/brokers`, { headers });
  const bearer = (file) => ({ authorization: `Bearer ${tokens.first(file)}` });
  const { status, bodyBytes } = await ask(bearer('one'));
  if (status !== 200 || bodyBytes !== 600)
    return `answers a good token with ${status} and ${bodyBytes} bytes`;
  if (contestant.checks === 'no') return undefined;
  for (const file of ['expired', 'bad-signature', 'unknown-issuer', '']) {
    const answer = await ask(file === '' ? {} : bearer(file));
    if (answer.status !== 401)
      return `answers a token that is refused (${file || 'none'}) with ${answer.status}`;
  }
  return undefined;
}

function* findUnexpected({ load, minBytes }, result) {
  const { requests, bytes, socketErrors, timeouts, unexpected, strange, errorStatuses, refused } = result;
  const isPlain = load.mode === 'plain';
  if (requests === 0) yield 'no request completed';
  if (socketErrors > 0) yield `${socketErrors} socket errors`;
  if (timeouts > 0) yield `${timeouts} timeouts`;
  if (unexpected > 0) yield `${unexpected} unexpected answers, such as ${strange}`;
  else if (isPlain && load.expected < 400 && errorStatuses > 0) yield `${errorStatuses} answers above 399`;
  if (requests > 0 && isPlain && bytes / requests < minBytes) yield `answers shorter than ${minBytes} bytes`;
  const due = Math.round(requests / REFUSED_EVERY);
  if (!isPlain && Math.abs(refused - due) > load.connections + 1)
    yield `${refused} refused instead of about ${due}`;
}

/** The guard's audit trail is part of its work: fewer lines than requests means it did less. */
async function findMissingAudit(file, requests) {
  if (file === undefined || !existsSync(file)) return [];
  const count = () => Number.parseInt(execFileSync('wc', ['-l', file], { encoding: 'utf8' }), 10);
  // A process that is held to a share of a core writes its last records late.
  for (const deadline = performance.now() + AUDIT_DEADLINE_MS; count() < requests; ) {
    if (performance.now() > deadline) return [`only ${count()} audit lines for ${requests} requests`];
    await delay(100);
  }
  return [];
}

/** Reads the metrics as a scraper would, until it is called again, which gives what was wrong. */
function scrapeMetrics(url) {
  const remarks = new Set();
  const timer = setInterval(async () => {
    const { status } = await fetchOnce(url).catch(() => ({ status: 0 }));
    if (status !== 200) remarks.add(`metrics answered ${status}, so they are not in the figure`);
  }, METRICS_EVERY_MS);
  return () => {
    clearInterval(timer);
    return [...remarks];
  };
}

/**
 * @param {{ port: number, pids: number[], outputFile?: string, metricsUrl?: string, isDirect?: boolean }} target
 * @param {number[]} warmUps seconds of each load before
 */
export async function measureCell(target, scenario, { warmUps, seconds }, bench) {
  const { load, mustNotRepeat } = scenario;
  const { port, pids, outputFile, metricsUrl, isDirect } = target;
  let start = 0;
  for (const warmUp of warmUps) {
    const { issued } = await runLoad(load, port, { start, seconds: warmUp }, bench);
    start = mustNotRepeat ? issued : 0;
  }
  if (outputFile) truncateSync(outputFile);
  const stopWatching = watchResidentPeak(pids);
  const stopScraping = load.mode === 'mixed' && metricsUrl ? scrapeMetrics(metricsUrl) : () => [];
  const cpuBefore = readCpuMicros(pids);
  const result = await runLoad(load, port, { start, seconds }, bench);
  // Work put off to a later turn, such as audit lines, belongs to the requests.
  await delay(SETTLE_MS);
  const cpu = readCpuMicros(pids) - cpuBefore;
  const remarks = stopScraping();
  if (mustNotRepeat && result.issued > FRESH_TOKENS)
    remarks.push(`tokens repeated: ${result.issued} sent of ${FRESH_TOKENS}`);
  return {
    problems: [...findUnexpected(scenario, result), ...(await findMissingAudit(outputFile, result.requests))],
    remarks,
    requests: result.requests,
    cpuUs: isDirect || result.requests === 0 ? undefined : cpu / result.requests,
    perSecond: (result.requests * 1e6) / result.micros,
    p50Us: result.p50Us,
    p99Us: result.p99Us,
    residentPeak: stopWatching(),
  };
}
