// The one load generator, wrk: runs one load against a port and gives its figures. Knows nothing of what answers.
import { fileURLToPath } from 'node:url';
import { findTool, runToEnd } from './children.mjs';
import { pinCommand } from './cores.mjs';

const SCRIPT = fileURLToPath(new URL('./wrk.lua', import.meta.url));
const ANSWER_TIMEOUT_S = 8;
const GRACE_MS = 20_000;

/** What is sent unless told otherwise: a small GET with one token. */
export const SMALL_GET = {
  /** `mixed`: lists, publishes and one refusal in fifty. */
  mode: 'plain',
  method: 'GET',
  path: '/api/v4/brokers',
  /** Of the token store; the empty name sends no Authorization. */
  tokenFile: 'one',
  expected: 200,
  connections: 32,
  bodyBytes: 0,
};

export const missingLoad = () =>
  findTool('wrk') ? undefined : 'wrk makes the load and is not installed: apt-get install wrk';

/** @param {{ start: number, seconds: number }} span whole seconds, from a position in the token file */
export async function runLoad(load, port, { start, seconds }, { tokens, cores }) {
  const { mode, method, path, tokenFile, expected, connections, bodyBytes } = load;
  const words = [mode, method, path, tokens.file(tokenFile), start, expected, bodyBytes].map(String);
  const options = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--timeout',
    `${ANSWER_TIMEOUT_S}s`,
    '--latency',
  ];
  const command = ['wrk', ...options, '-s', SCRIPT, `http://127.0.0.1:${port}`, '--', ...words];
  const output = await runToEnd(pinCommand(cores, 'load', command), seconds * 1000 + GRACE_MS);
  const line = output.split('\n').find((text) => text.startsWith('RESULT '));
  if (!line) throw new Error(`wrk printed no result: ${output.slice(0, 400)}`);
  return JSON.parse(line.slice('RESULT '.length));
}
