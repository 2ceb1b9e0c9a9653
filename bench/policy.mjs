// What the policy costs: microseconds and bytes of a judgement that allows, made in the process of the bench, and what
// 10,000 sidecars do to a start and to a change.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { makeTempDirectory } from './children.mjs';
import { findGuard } from './contestants/guard.mjs';
import { figureOf } from './figures.mjs';

const CALLS = 1_000_000;
const ISSUERS = 10_000;
const DEFAULTS = { defaultRole: 'admin', observe: false, roles: {}, issuers: {}, open: [] };
const PRINCIPAL = { issuer: 'ops.pub', subject: 'ci', tokenId: undefined, thumbprint: '', bodyEncode: 0 };

const load = (file) => import(new URL(file, `file://${findGuard()}`).href);

/** As `node --expose-gc` has it. */
function exposeGc() {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

function measureCalls(what, gc, work) {
  for (let warm = 0; warm < 200_000; warm += 1) work();
  gc();
  const heapBefore = process.memoryUsage().heapUsed;
  const before = performance.now();
  for (let call = 0; call < CALLS; call += 1) work();
  const micros = ((performance.now() - before) * 1000) / CALLS;
  const bytes = Math.max(0, process.memoryUsage().heapUsed - heapBefore) / CALLS;
  return figureOf(what, micros, `us, ${bytes.toFixed(1)} bytes`, 1);
}

async function measureJudgements() {
  const [{ Policy }, { loadProfile }] = [await load('policy/policy.js'), await load('policy/profile.js')];
  const [profile, policy, gc] = [loadProfile('emqx'), new Policy('emqx', DEFAULTS), exposeGc()];
  const judge = (what, rules, claims = {}, path = '/api/v5/nodes') => {
    const filed = Array.from({ length: ISSUERS }, (_, at) => ({ name: `i${at}.pub`, rules }));
    const asked = { route: undefined, target: { path, text: path }, client: '127.0.0.1' };
    const principal = { ...PRINCIPAL, ...claims };
    let at = 0;
    return measureCalls(`a judgement by ${what}`, gc, () => {
      asked.route = profile.match(path)?.byMethod.get('GET');
      at = at + 1 === ISSUERS ? 0 : at + 1;
      if (!policy.authorize(principal, filed[at], asked, 1).allowed) throw new Error('it has to be allowed');
    });
  };
  const roles = ['viewer'];
  const claimedRights = { scope: ['read'], roles: undefined };
  return [
    judge('a role, 10,000 issuers in turn', { roles }),
    judge('a role, a path with a parameter', { roles }, {}, '/api/v5/nodes/emqx@a/stats'),
    judge('a role and subjects', { roles, subjects: ['ci*'] }),
    judge('a role and sources', { roles, sources: ['127.0.0.0/8'] }),
    judge('a role and a scope in the token', { roles }, { claimedRights }),
  ];
}

async function timed(work) {
  const before = performance.now();
  const result = await work();
  return [performance.now() - before, result];
}

/** Until the store has a changed sidecar in force. */
function changeSidecar(core, directory, name) {
  writeFileSync(join(directory, `${name}.policy.conf`), 'roles = [admin]\n');
  return new Promise((resolve) => {
    const stop = core.keys.follow(() => {
      if (core.keys.lookup(`${name}.pub`).rules.roles[0] !== 'admin') return;
      stop();
      resolve(undefined);
    });
  });
}

async function measureSidecars() {
  const [{ defaultSettings }, { openCore }] = [await load('config/load.js'), await load('core.js')];
  const directory = makeTempDirectory();
  const settings = defaultSettings({ keysDir: directory, upstream: 'http://127.0.0.1:1' });
  const open = () => openCore(settings, { now: Date.now, report: () => undefined });
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const all = Array.from({ length: ISSUERS }, (_, at) => `i${at}`);
  for (const name of all) writeFileSync(join(directory, `${name}.pub`), pem);
  const [plainMs, plain] = await timed(open);
  plain.close();
  for (const name of all)
    writeFileSync(
      join(directory, `${name}.policy.conf`),
      `roles = [viewer]\nsubjects = ["device-${name}"]\n`,
    );
  await delay(500);
  const [ruledMs, core] = await timed(open);
  const [changeMs] = await timed(() => changeSidecar(core, directory, 'i5000'));
  core.close();
  return [
    figureOf('start with 10,000 key files', plainMs, 'ms'),
    figureOf('start with 10,000 key files and their sidecars', ruledMs, 'ms'),
    figureOf('until a changed sidecar of 10,000 holds', changeMs, 'ms', 1000),
  ];
}

export const POLICY = {
  id: 'policy',
  title: 'Policy',
  async run() {
    // The followers of a store keep no process alive.
    const alive = setInterval(() => undefined, 1000);
    const figures = [...(await measureJudgements()), ...(await measureSidecars())];
    clearInterval(alive);
    return { figures };
  },
};
