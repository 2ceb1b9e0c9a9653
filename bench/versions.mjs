// What was measured with what: versions of the tools and packages, and the machine in a few words.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { findTool } from './children.mjs';

/** @param {string} tool @param {string[]} args @param {RegExp} pattern */
function askVersion(tool, args, pattern) {
  const program = findTool(tool);
  if (!program) return undefined;
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 5000 });
  return pattern.exec(`${stdout}${stderr}`)?.[1];
}

/** @param {string} file beside this one */
const readJson = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));

/** @returns {Record<string, string>} */
export function listVersions() {
  const { dependencies } = readJson('./package.json');
  const tools = {
    'broker-guard': readJson('../package.json').version,
    node: process.versions.node,
    haproxy: askVersion('haproxy', ['-v'], /version (\S+)/),
    nginx: askVersion('nginx', ['-v'], /nginx\/(\S+)/),
    wrk: askVersion('wrk', ['-v'], /wrk (?:debian\/)?(\S+)/),
    openssl: process.versions.openssl,
    kernel: os.release().split('-')[0],
    cpu: `${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores`,
    ...dependencies,
  };
  return Object.fromEntries(Object.entries(tools).filter(([, version]) => version !== undefined));
}
