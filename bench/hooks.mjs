// What brokers' questions about their clients cost, against their bounds: questions a second with p50 and p99, CPU a question
// beside a guarded request, RabbitMQ's questions of a publish, the memory of 100,000 sessions, a storm of 5,000 connects.
// Exit code 1 when a bound is broken.
import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { boundWholeRun, makeTempDirectory, startChild, stopChild } from './children.mjs';
import { findGuard } from './contestants/guard.mjs';
import { planCores } from './cores.mjs';
import { listProcessTree, readCpuMicros, readResidentBytes } from './cpu.mjs';
import { launchUpstream } from './launch.mjs';

const WHOLE_LIMIT_MS = 300_000;
const QUESTIONS = 12_000;
const CONNECTIONS = 8;
const SESSIONS = 100_000;
const STORM = 5_000;
const STORM_CONNECTIONS = 200;
const LEAST_A_SECOND = 1_000;
const MOST_CPU_RATIO = 1.5;
const MOST_SESSIONS_MB = 60;

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicPem = publicKey.export({ type: 'spki', format: 'pem' });
const encode = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param {object} claims */
function mint(claims) {
  const now = Math.floor(Date.now() / 1000);
  const payload = { iss: 'bench.pub', iat: now, exp: now + 3600, bodyEncode: 0, ...claims };
  const input = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(payload)}`;
  return `${input}.${createSign('sha256').update(input).sign(privateKey).toString('base64url')}`;
}

/** The last of them is the one that is asked for. @param {number} count */
const makeRules = (count) =>
  Array.from({ length: count }, (_, index) => ({
    permission: index % 5 === 0 ? 'deny' : 'allow',
    action: 'all',
    topic: `site/${index}/+/up/#`,
  }));

/** @param {string} root */
async function launchGuard(root) {
  const upstream = await launchUpstream(planCores());
  mkdirSync(path.join(root, 'keys'), { recursive: true });
  writeFileSync(path.join(root, 'keys', 'bench.pub'), publicPem);
  writeFileSync(
    path.join(root, 'nanomq.conf'),
    `guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0", upstream.url = "http://127.0.0.1:${upstream.port}"
       mqtt.hooks { emqx.enable = true, rabbitmq.enable = true } }`,
  );
  // As npm start has it.
  const flags = ['--max-semi-space-size=4', '--heap-growing-percent=50', '--v8-pool-size=1'];
  const command = [process.execPath, ...flags, findGuard(), 'serve'];
  const child = startChild(command, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  const ports = await new Promise((resolve, reject) => {
    let told = '';
    child.stderr?.on('data', (chunk) => {
      told += chunk;
      const found = /http:\/\/127\.0\.0\.1:(\d+)[\s\S]*?http:\/\/127\.0\.0\.1:(\d+)/.exec(told);
      if (found !== null) resolve(found.slice(1).map(Number));
    });
    child.once('exit', () => reject(new Error(`the guard ended: ${told}`)));
  });
  const pids = () => listProcessTree(/** @type {number} */ (child.pid));
  return { child, port: ports[0], servicePort: ports[1], pids };
}

/** @param {string} target @param {string} type @param {string} body */
const post = (target, type, body) =>
  `POST ${target} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
/** @param {string} hook @param {object} body */
const json = (hook, body) => post(`/hooks/${hook}`, 'application/json', JSON.stringify(body));
/** @param {string} hook @param {Record<string, string>} body */
const form = (hook, body) =>
  post(`/hooks/${hook}`, 'application/x-www-form-urlencoded', new URLSearchParams(body).toString());

/** One request after the other on a connection. @param {number} port */
function openLine(port) {
  const socket = net.connect(port, '127.0.0.1').setNoDelay(true);
  let text = '';
  /** @type {(answer: string) => void} */
  let heard = () => undefined;
  socket.setEncoding('latin1').on('data', (/** @type {string} */ chunk) => {
    text += chunk;
    const head = text.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    if (head === -1 || text.length < head + 4 + length) return;
    const answer = text;
    text = '';
    heard(answer);
  });
  return {
    /** @param {string} request @returns {Promise<string>} */
    ask: (request) =>
      new Promise((resolve) => {
        heard = resolve;
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

/**
 * Asks on so many connections at once; `wanted` stands in every answer.
 * @param {number} port @param {number} connections @param {number} count @param {(index: number) => string} make @param {string} wanted
 */
async function askMany(port, connections, count, make, wanted) {
  /** @type {number[]} */
  const times = [];
  let next = 0;
  const work = async () => {
    const line = openLine(port);
    while (next < count) {
      const request = make(next++);
      const startedAt = performance.now();
      const answer = await line.ask(request);
      times.push(performance.now() - startedAt);
      if (!answer.includes(wanted)) throw new Error(`another answer than ${wanted}: ${answer}`);
    }
    line.close();
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: connections }, work));
  const seconds = (performance.now() - startedAt) / 1000;
  times.sort((one, other) => one - other);
  const at = (/** @type {number} */ part) =>
    /** @type {number} */ (times[Math.floor((times.length - 1) * part)]);
  return { perSecond: count / seconds, p50: at(0.5), p99: at(0.99) };
}

/** @param {{ perSecond: number, p50: number, p99: number }} result */
const describe = ({ perSecond, p50, p99 }) =>
  `${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;

/** @param {string} what @param {boolean} holds */
function printBound(what, holds) {
  console.log(`${what}: ${holds ? 'holds' : 'BROKEN'}`);
  return holds;
}

/** @param {Awaited<ReturnType<typeof launchGuard>>} guard @param {() => Promise<any>} work @param {number} count */
async function measureCpu(guard, work, count) {
  await work();
  const before = readCpuMicros(guard.pids());
  const result = await work();
  return { micros: (readCpuMicros(guard.pids()) - before) / count, result };
}

/** @param {Awaited<ReturnType<typeof launchGuard>>} guard */
async function measureQuestions(guard) {
  const password = mint({ acl: makeRules(20) });
  const who = { clientid: 'bench', username: 'bench', peerhost: '127.0.0.1' };
  await askMany(guard.servicePort, 1, 1, () => json('emqx/authn', { ...who, password }), '"result":"allow"');
  const topic = { topic: 'site/19/a/up/x', action: 'publish', qos: '0', retain: 'false' };
  const question = json('emqx/authz', { ...who, ...topic });
  const ask = () => askMany(guard.servicePort, CONNECTIONS, QUESTIONS, () => question, '"result":"allow"');
  const request = `GET /api/v4/brokers HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${password}\r\n\r\n`;
  const forward = () => askMany(guard.port, CONNECTIONS, QUESTIONS, () => request, ' 200 ');
  const guarded = await measureCpu(guard, forward, QUESTIONS);
  const asked = await measureCpu(guard, ask, QUESTIONS);
  const ratio = asked.micros / guarded.micros;
  console.log(`a question about a known client with 20 rules: ${describe(asked.result)}`);
  console.log(
    `CPU: a question ${asked.micros.toFixed(0)} us, a guarded request ${guarded.micros.toFixed(0)} us`,
  );
  return [
    printBound(`${LEAST_A_SECOND} questions a second`, asked.result.perSecond >= LEAST_A_SECOND),
    printBound(`${ratio.toFixed(2)} of a guarded request, bound ${MOST_CPU_RATIO}`, ratio <= MOST_CPU_RATIO),
  ];
}

/** @param {Awaited<ReturnType<typeof launchGuard>>} guard */
async function measureRabbitmq(guard) {
  const password = mint({ acl: makeRules(20) });
  const who = { username: 'bench', vhost: '/' };
  const login = form('rabbitmq/user', { ...who, password, client_id: 'bench' });
  await askMany(guard.servicePort, 1, 1, () => login, 'allow');
  const topic = form('rabbitmq/topic', {
    ...who,
    resource: 'topic',
    name: 'amq.topic',
    permission: 'write',
    tags: '',
    routing_key: 'site.19.a.up.x',
    'variable_map.client_id': 'bench',
    'variable_map.username': 'bench',
    'variable_map.vhost': '/',
  });
  const resource = { resource: 'exchange', name: 'amq.topic', permission: 'write', tags: '' };
  const publish = [
    form('rabbitmq/vhost', { ...who, ip: '127.0.0.1', tags: '', client_id: 'bench' }),
    topic,
    form('rabbitmq/resource', { ...who, ...resource, client_id: 'bench' }),
    topic,
  ];
  const make = (/** @type {number} */ index) => /** @type {string} */ (publish[index % publish.length]);
  const result = await askMany(guard.servicePort, 1, QUESTIONS, make, 'allow');
  const publishes = (result.perSecond / publish.length).toFixed(0);
  console.log(
    `RabbitMQ on its one connection, four questions a publish: ${publishes} publishes/s, ${describe(result)}`,
  );
}

/** @param {Awaited<ReturnType<typeof launchGuard>>} guard */
async function measureStorm(guard) {
  const questions = Array.from({ length: STORM }, (_, index) => {
    const password = mint({ sub: `device-${index}`, acl: { pub: [`up/${index}/#`] } });
    return json('emqx/authn', { clientid: `storm-${index}`, username: 'bench', password, peerhost: '' });
  });
  const make = (/** @type {number} */ index) => /** @type {string} */ (questions[index]);
  const result = await askMany(guard.servicePort, STORM_CONNECTIONS, STORM, make, '"result":"allow"');
  console.log(`a storm of ${STORM} connects, each with a new token: ${describe(result)}`);
}

/** @param {Awaited<ReturnType<typeof launchGuard>>} guard */
async function measureSessions(guard) {
  const password = mint({ acl: makeRules(5) });
  const make = (/** @type {number} */ index) =>
    json('emqx/authn', {
      clientid: `client-${String(index).padStart(8, '0')}`,
      username: `user-${index}`,
      password,
    });
  await askMany(guard.servicePort, CONNECTIONS, 5_000, () => make(0), '"result":"allow"');
  const idle = readResidentBytes(guard.pids());
  await askMany(guard.servicePort, CONNECTIONS, SESSIONS, make, '"result":"allow"');
  const megabytes = (readResidentBytes(guard.pids()) - idle) / 1e6;
  return printBound(
    `${SESSIONS} sessions with shared rules take ${megabytes.toFixed(0)} MB, bound ${MOST_SESSIONS_MB} MB`,
    megabytes < MOST_SESSIONS_MB,
  );
}

async function main() {
  boundWholeRun(WHOLE_LIMIT_MS);
  const guard = await launchGuard(makeTempDirectory());
  const verdicts = await measureQuestions(guard);
  await measureRabbitmq(guard);
  await measureStorm(guard);
  verdicts.push(await measureSessions(guard));
  await stopChild(guard.child);
  return verdicts.every(Boolean);
}

main().then(
  (holds) => process.exit(holds ? 0 : 1),
  (error) => {
    console.error(`hooks: ${error.stack}`);
    process.exit(2);
  },
);
