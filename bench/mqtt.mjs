// What decisions about MQTT clients cost, against their bounds: a login with a known token beside a guarded request,
// a publish with 20 and with 1,000 rules, and the memory of 10,000 clients of the embedded broker.
// Exit code 1 when a bound is broken. Needs no contestant; the decisions are made in this process.
import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { boundWholeRun, makeTempDirectory, startChild, stopChild } from './children.mjs';
import { findGuard } from './contestants/guard.mjs';
import { planCores } from './cores.mjs';
import { listProcessTree, readCpuMicros, readResidentBytes } from './cpu.mjs';
import { launchUpstream } from './launch.mjs';

const CLIENTS = 10_000;
const REQUESTS = 6_000;
const ROUNDS = 5;
const WHOLE_LIMIT_MS = 300_000;
const CONNECT_LIMIT = 1.5;
const PUBLISH_LIMITS_US = new Map([
  [20, 2],
  [1000, 20],
]);

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

/** @param {number} count */
const makeRules = (count) =>
  Array.from({ length: count }, (_, index) => ({
    permission: index % 5 === 0 ? 'deny' : 'allow',
    action: 'all',
    topic: `site/${index}/+/up/#`,
  }));

async function openDecisions() {
  const built = new URL('mqtt/mqtt-guard.js', `file://${path.dirname(findGuard())}/`);
  const { openMqttGuard } = await import(built.href);
  const filed = { name: 'bench.pub', usable: true, keys: [{ key: publicKey, thumbprint: 'bench' }] };
  const entry = { mechanism: 'keys-dir', enable: true, from: 'password' };
  return openMqttGuard({
    settings: { semantics: 'strict', allowAnonymous: false, noMatch: 'deny', authentication: [entry] },
    token: { algorithms: ['RS256'], maxTokenBytes: 2 ** 20, expToleranceSeconds: 0, iatToleranceSeconds: 30 },
    lookup: (/** @type {string} */ issuer) => (issuer === 'bench.pub' ? filed : undefined),
    now: Date.now,
    report: console.error,
  });
}

/** The least of some rounds, in microseconds of CPU. @param {number} times @param {() => Promise<void>} work */
async function leastMicros(times, work) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / times);
  }
  return least;
}

/** @param {any} guard @param {string} password */
const connect = (guard, password) =>
  guard.connect({ clientId: 'bench', username: 'bench', password, peerHost: '127.0.0.1' });

/** @param {any} guard */
async function measureConnect(guard) {
  const token = mint({});
  return leastMicros(20_000, async () => {
    for (let count = 0; count < 20_000; count += 1) await connect(guard, token);
  });
}

/** The last rule allows it. @param {any} guard @param {number} rules */
async function measurePublish(guard, rules) {
  const { login } = await connect(guard, mint({ acl: makeRules(rules) }));
  const question = { action: 'publish', topic: `site/${rules - 1}/a/up/x`, qos: 0, retain: false };
  return leastMicros(50_000, async () => {
    for (let count = 0; count < 50_000; count += 1) {
      if (!guard.authorize(login, question).allowed) throw new Error('the decision is another');
    }
  });
}

/** @param {string} directory @param {string} guardBlock @param {string[]} flags */
async function launchGuard(directory, guardBlock, flags) {
  mkdirSync(path.join(directory, 'keys'), { recursive: true });
  writeFileSync(path.join(directory, 'keys', 'bench.pub'), publicPem);
  writeFileSync(
    path.join(directory, 'nanomq.conf'),
    `guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0"\n${guardBlock} }`,
  );
  const child = startChild([process.execPath, findGuard(), 'serve', ...flags], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  /** @param {RegExp} pattern @returns {Promise<number>} */
  const portOf = (pattern) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(told);
        if (match !== null) resolve(Number(match[1]));
      };
      child.stderr?.on('data', (chunk) => {
        told += chunk;
        look();
      });
      child.once('exit', () => reject(new Error(`the guard ended: ${told}`)));
      look();
    });
  return { child, portOf, pids: () => listProcessTree(/** @type {number} */ (child.pid)) };
}

/** @param {string} root */
async function measureRequest(root) {
  const upstream = await launchUpstream(planCores());
  const url = `upstream.url = "http://127.0.0.1:${upstream.port}"`;
  const guard = await launchGuard(path.join(root, 'http'), url, []);
  const port = await guard.portOf(/listening on http:\/\/127\.0\.0\.1:(\d+)/);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  const headers = { authorization: `Bearer ${mint({})}` };
  const ask = () =>
    new Promise((resolve, reject) => {
      const request = http.get({ port, agent, headers, path: '/api/v4/brokers' }, (answer) => {
        answer
          .resume()
          .once('end', () =>
            answer.statusCode === 200 ? resolve(undefined) : reject(new Error(`status ${answer.statusCode}`)),
          );
      });
      request.once('error', reject);
    });
  const askMany = async (/** @type {number} */ count) => {
    for (let done = 0; done < count; done += 16) await Promise.all(Array.from({ length: 16 }, ask));
  };
  await askMany(REQUESTS);
  const before = readCpuMicros(guard.pids());
  await askMany(REQUESTS);
  const micros = (readCpuMicros(guard.pids()) - before) / REQUESTS;
  agent.destroy();
  await stopChild(guard.child);
  return micros;
}

/** MQTT 3.1.1 §3.1. @param {string} clientId @param {string} password */
function buildConnect(clientId, password) {
  const text = (/** @type {string} */ value) => {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
  };
  const fields = [text('MQTT'), Buffer.from([4, 0xc2, 0, 0]), text(clientId), text('bench'), text(password)];
  const body = Buffer.concat(fields);
  return Buffer.concat([Buffer.from([0x10, (body.length & 127) | 128, body.length >> 7]), body]);
}

/** @param {number} port @param {string} clientId @param {string} token @returns {Promise<net.Socket>} */
function joinBroker(port, clientId, token) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(buildConnect(clientId, token)));
    socket.once('error', reject);
    socket.once('data', (answer) =>
      answer[3] === 0 ? resolve(socket) : reject(new Error(`CONNACK ${answer[3]}`)),
    );
  });
}

/** @param {string} root */
async function measureClients(root) {
  const guard = await launchGuard(path.join(root, 'mqtt'), 'workers = 1', ['--embedded']);
  const port = await guard.portOf(/MQTT clients: mqtt:\/\/127\.0\.0\.1:(\d+)/);
  const idle = readResidentBytes(guard.pids());
  const startedAt = performance.now();
  const sockets = [];
  const acl = makeRules(5);
  while (sockets.length < CLIENTS) {
    const batch = Array.from({ length: 50 }, (_, index) => `client-${sockets.length + index}`);
    sockets.push(...(await Promise.all(batch.map((id) => joinBroker(port, id, mint({ sub: id, acl }))))));
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const bytes = readResidentBytes(guard.pids());
  for (const socket of sockets) socket.destroy();
  await stopChild(guard.child);
  const each = (bytes - idle) / CLIENTS / 1024;
  console.log(
    `${CLIENTS} clients, each with a token and 5 rules of its own: ${(bytes / 1e6).toFixed(0)} MB resident (idle ${(idle / 1e6).toFixed(0)} MB, ${each.toFixed(1)} KiB a client), all in after ${seconds.toFixed(0)} s`,
  );
}

/** @param {string} what @param {number} value @param {number} limit @param {string} unit @returns {boolean} */
function printBound(what, value, limit, unit) {
  const holds = value <= limit;
  console.log(`${what}: ${value.toFixed(2)} ${unit}, bound ${limit} ${unit}: ${holds ? 'holds' : 'BROKEN'}`);
  return holds;
}

async function main() {
  boundWholeRun(WHOLE_LIMIT_MS);
  const root = makeTempDirectory();
  const guard = await openDecisions();
  const request = await measureRequest(root);
  const login = await measureConnect(guard);
  console.log(
    `CPU: a guarded request ${request.toFixed(0)} us, a login with a known token ${login.toFixed(1)} us`,
  );
  const verdicts = [printBound('a login beside a guarded request', login / request, CONNECT_LIMIT, 'times')];
  for (const [rules, limit] of PUBLISH_LIMITS_US) {
    verdicts.push(
      printBound(`a publish decision with ${rules} rules`, await measurePublish(guard, rules), limit, 'us'),
    );
  }
  await measureClients(root);
  return verdicts.every(Boolean);
}

main().then(
  (holds) => process.exit(holds ? 0 : 1),
  (error) => {
    console.error(`mqtt: ${error.stack}`);
    process.exit(2);
  },
);
