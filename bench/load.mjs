// One load run: wrk, or autocannon where wrk is missing, on the load's cores; a result that says what was answered.
// Judges nothing: what a status means for a scenario is decided by the caller.
import { fileURLToPath } from 'node:url';
import { findTool, runToEnd } from './children.mjs';
import { pinCommand } from './cores.mjs';

const GRACE_MS = 15_000;
const ANSWER_TIMEOUT_S = 8;

/**
 * @typedef {object} Load
 * @property {'plain' | 'mixed'} mode
 * @property {string} method
 * @property {string} path
 * @property {string} tokenFile one token a line, or '' for no Authorization header
 * @property {number} expected status
 * @property {number} connections
 * @property {number} bodyBytes sent with each request
 *
 * @typedef {object} LoadResult
 * @property {number} requests completed
 * @property {number} micros
 * @property {number} bytes received
 * @property {number} p50Us @property {number} p99Us
 * @property {number} socketErrors @property {number} timeouts
 * @property {number} errorStatuses answers above 399
 * @property {number} issued position in the token file after the last request
 * @property {number} counted answers with the expected status, where each was counted
 * @property {number} refused @property {number} unexpected @property {number} strange an unexpected status seen
 */

/** Which tool makes the load here. */
export const loadTool = () => (findTool('wrk') ? 'wrk' : 'autocannon');

/** @param {Load} load @param {string} url @param {number} start @param {number} seconds */
function buildWrkCommand(load, url, start, seconds) {
  const options = ['-t1', `-c${load.connections}`, `-d${seconds}s`, '--timeout', `${ANSWER_TIMEOUT_S}s`];
  const script = fileURLToPath(new URL('./wrk.lua', import.meta.url));
  const words = [load.mode, load.method, load.path, load.tokenFile, start, load.expected, load.bodyBytes];
  return ['wrk', ...options, '--latency', '-s', script, url, '--', ...words.map(String)];
}

/** @param {Load} load @param {string} url @param {number} start @param {number} seconds */
function buildAutocannonCommand(load, url, start, seconds) {
  const program = fileURLToPath(new URL('./load-autocannon.mjs', import.meta.url));
  return [process.execPath, program, JSON.stringify({ ...load, url, start, seconds })];
}

/**
 * @param {Load} load @param {number} port @param {{ start: number, seconds: number }} span @param {import('./cores.mjs').Cores} cores
 * @returns {Promise<LoadResult>} whole seconds with wrk
 */
export async function runLoad(load, port, { start, seconds }, cores) {
  const build = loadTool() === 'wrk' ? buildWrkCommand : buildAutocannonCommand;
  const command = pinCommand(cores, 'load', build(load, `http://127.0.0.1:${port}`, start, seconds));
  const output = await runToEnd(command, seconds * 1000 + GRACE_MS);
  const line = output.split('\n').find((text) => text.startsWith('RESULT '));
  if (!line) throw new Error(`the load tool printed no result: ${output.slice(0, 400)}`);
  return JSON.parse(line.slice('RESULT '.length));
}
