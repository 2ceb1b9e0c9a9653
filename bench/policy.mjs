// What the policy costs: microseconds and bytes of a judgement that allows, and what 10,000 sidecars do to a start and to a
// change. Against the build in dist/.
// usage: node --expose-gc bench/policy.mjs
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Policy } from '../dist/policy/policy.js';
import { loadProfile } from '../dist/policy/profile.js';

const { gc } = globalThis;
if (gc === undefined) throw new Error('node --expose-gc bench/policy.mjs');

const CALLS = 2_000_000;
const ISSUERS = 10_000;
const DEFAULTS = { defaultRole: 'admin', observe: false, roles: {}, issuers: {}, open: [] };
const PRINCIPAL = { issuer: 'ops.pub', subject: 'ci', tokenId: undefined, thumbprint: '', bodyEncode: 0 };

/** @param {string} what @param {() => unknown} work */
function measure(what, work) {
  for (let warm = 0; warm < 200_000; warm++) work();
  gc();
  const heapBefore = process.memoryUsage().heapUsed;
  const before = performance.now();
  for (let call = 0; call < CALLS; call++) work();
  const micros = ((performance.now() - before) * 1000) / CALLS;
  const bytes = Math.max(0, process.memoryUsage().heapUsed - heapBefore) / CALLS;
  console.log(`${what.padEnd(58)} ${micros.toFixed(3)} us  ${bytes.toFixed(1)} bytes`);
}

const profile = loadProfile('emqx');
const policy = new Policy('emqx', DEFAULTS);
/** @param {object} rules @param {object} [claims] @param {string} [path] */
function judge(rules, claims = {}, path = '/api/v5/nodes') {
  const filed = Array.from({ length: ISSUERS }, (_, at) => ({ name: `i${at}.pub`, rules }));
  const principal = { ...PRINCIPAL, ...claims };
  const asked = { route: undefined, target: { path, text: path }, client: '127.0.0.1' };
  let at = 0;
  return () => {
    asked.route = profile.match(path)?.byMethod.get('GET');
    at = at + 1 === ISSUERS ? 0 : at + 1;
    const decision = policy.authorize(principal, filed[at], asked, 1);
    if (!decision.allowed) throw new Error('it has to be allowed');
  };
}

measure('a role, 10,000 issuers in turn', judge({ roles: ['viewer'] }));
measure('the same, a path with a parameter', judge({ roles: ['viewer'] }, {}, '/api/v5/nodes/emqx@a/stats'));
measure('a role and subjects', judge({ roles: ['viewer'], subjects: ['ci*'] }));
measure('a role and sources', judge({ roles: ['viewer'], sources: ['127.0.0.0/8'] }));
const claimedRights = { scope: ['read'], roles: undefined };
measure('a role and a scope in the token', judge({ roles: ['viewer'] }, { claimedRights }));

const { defaultSettings } = await import('../dist/config/load.js');
const { openCore } = await import('../dist/core.js');
const directory = mkdtempSync(join(tmpdir(), 'broker-guard-bench-'));
const settings = defaultSettings({ keysDir: directory, upstream: 'http://127.0.0.1:1' });
// The followers of a store keep no process alive.
const alive = setInterval(() => undefined, 1000);
const options = { now: Date.now, report: () => undefined };
try {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  for (let at = 0; at < ISSUERS; at++) writeFileSync(join(directory, `i${at}.pub`), pem);
  await open('10,000 key files');
  for (let at = 0; at < ISSUERS; at++)
    writeFileSync(join(directory, `i${at}.policy.conf`), `roles = [viewer]\nsubjects = ["device-${at}"]\n`);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const core = await open('10,000 key files with sidecars');
  for (const name of ['i5000', 'i42', 'i9999']) await change(core, name);
  core.close();
} finally {
  clearInterval(alive);
  rmSync(directory, { recursive: true });
}

/** @param {string} what */
async function open(what) {
  const before = performance.now();
  const core = await openCore(settings, options);
  console.log(
    `start with ${what}: ${Math.round(performance.now() - before)} ms, ${core.keys.usableIssuers()} usable`,
  );
  if (!what.includes('sidecars')) core.close();
  return core;
}

/** @param {Awaited<ReturnType<typeof openCore>>} core @param {string} name */
async function change(core, name) {
  const before = performance.now();
  writeFileSync(join(directory, `${name}.policy.conf`), 'roles = [admin]\n');
  await new Promise((resolve) => {
    const stop = core.keys.follow(() => {
      if (core.keys.lookup(`${name}.pub`).rules.roles[0] !== 'admin') return;
      stop();
      resolve(undefined);
    });
  });
  console.log(`a changed sidecar among 10,000 holds after ${Math.round(performance.now() - before)} ms`);
}
