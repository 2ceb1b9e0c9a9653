// What decisions about MQTT clients cost, against their bounds: a login with a known token beside a guarded request, a
// publish with 20 and with 1,000 rules, and the memory of 10,000 clients of the embedded broker.
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { findGuard } from './contestants/guard.mjs';
import { listContestants } from './contestants/registry.mjs';
import { readResidentBytes } from './cpu.mjs';
import { figureOf } from './figures.mjs';
import { launchContestant } from './launch.mjs';
import { SMALL_GET } from './load.mjs';
import { measureCell } from './measure.mjs';
import { ISSUER, signToken } from './tokens.mjs';

const CLIENTS = 10_000;
const ROUNDS = 5;
const CONNECT_BOUND = 1.5;
const PUBLISH_BOUNDS_US = new Map([
  [20, 2],
  [1000, 20],
]);

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

function mint(claims) {
  const now = Math.floor(Date.now() / 1000);
  return signToken({ iss: ISSUER, iat: now, exp: now + 3600, bodyEncode: 0, ...claims }, privateKey);
}

const makeRules = (count) =>
  Array.from({ length: count }, (_, index) => ({
    permission: index % 5 === 0 ? 'deny' : 'allow',
    action: 'all',
    topic: `site/${index}/+/up/#`,
  }));

/** Made in this process. */
async function openDecisions() {
  const load = (file) => import(new URL(file, `file://${findGuard()}`).href);
  const [{ openMqttGuard }, { Policy }, { RevokedTokens }] = [
    await load('mqtt/mqtt-guard.js'),
    await load('policy/policy.js'),
    await load('revocation/revoked.js'),
  ];
  const filed = { name: ISSUER, rules: {}, usable: true, keys: [{ key: publicKey, thumbprint: 'bench' }] };
  const entry = { mechanism: 'keys-dir', enable: true, from: 'password' };
  return openMqttGuard({
    settings: { semantics: 'strict', allowAnonymous: false, noMatch: 'deny', authentication: [entry] },
    token: { algorithms: ['RS256'], maxTokenBytes: 2 ** 20, expToleranceSeconds: 0, iatToleranceSeconds: 30 },
    revocations: new RevokedTokens(),
    policy: new Policy('nanomq', { defaultRole: 'admin', observe: false, roles: {}, issuers: {}, open: [] }),
    lookup: (issuer) => (issuer === ISSUER ? filed : undefined),
    now: Date.now,
    report: console.error,
  });
}

/** The least of some rounds, in microseconds of CPU. */
async function leastMicros(times, work) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    for (let count = 0; count < times; count += 1) await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / times);
  }
  return least;
}

const connect = (guard, password) =>
  guard.connect({ clientId: 'bench', username: 'bench', password, peerHost: '127.0.0.1' });

function measureConnect(guard) {
  const token = mint({});
  return leastMicros(20_000, () => connect(guard, token));
}

/** The last rule allows it. */
async function measurePublish(guard, rules) {
  const { login } = await connect(guard, mint({ acl: makeRules(rules) }));
  const question = { action: 'publish', topic: `site/${rules - 1}/a/up/x`, qos: 0, retain: false };
  const batch = 100;
  const each = await leastMicros(500, () => {
    for (let count = 0; count < batch; count += 1)
      if (!guard.authorize(login, question).allowed) throw new Error('the decision is another');
  });
  return each / batch;
}

async function measureRequest(bench) {
  const [guard] = listContestants();
  const instance = await launchContestant(guard, bench.field);
  const scenario = { load: SMALL_GET, minBytes: 600, mustNotRepeat: false };
  const { cpuUs } = await measureCell(instance, scenario, { warmUps: [2, 2], seconds: 2 }, bench);
  await instance.stop();
  return cpuUs;
}

/** A guard with the embedded broker, which knows the key of this run. */
const EMBEDDED = {
  id: 'embedded',
  title: 'broker-guard with its embedded broker',
  describe({ directory, port, servicePort }) {
    mkdirSync(path.join(directory, 'keys'));
    writeFileSync(path.join(directory, 'keys', ISSUER), publicKey.export({ type: 'spki', format: 'pem' }));
    const settings = path.join(directory, 'bench.conf');
    const listeners = `listen = "127.0.0.1:${port}", service.listen = "127.0.0.1:${servicePort}"`;
    writeFileSync(settings, `guard { ${listeners} }\n`);
    return {
      command: [process.execPath, findGuard(), 'serve', '--embedded', '--config', settings],
      readyUrl: `http://127.0.0.1:${servicePort}/readyz`,
    };
  },
};

/** MQTT 3.1.1 §3.1. */
function buildConnect(clientId, password) {
  const text = (value) => {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
  };
  const fields = [text('MQTT'), Buffer.from([4, 0xc2, 0, 0]), text(clientId), text('bench'), text(password)];
  const body = Buffer.concat(fields);
  return Buffer.concat([Buffer.from([0x10, (body.length & 127) | 128, body.length >> 7]), body]);
}

function joinBroker(port, clientId, token) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(buildConnect(clientId, token)));
    socket.once('error', reject);
    socket.once('data', (answer) =>
      answer[3] === 0 ? resolve(socket) : reject(new Error(`CONNACK ${answer[3]}`)),
    );
  });
}

/** KiB of resident memory a client, each with a token and five rules of its own. */
async function measureClients(bench) {
  const instance = await launchContestant(EMBEDDED, bench.field);
  const port = Number(/MQTT clients: mqtt:\/\/127\.0\.0\.1:(\d+)/.exec(instance.readComplaints())?.[1]);
  const sockets = [];
  const acl = makeRules(5);
  while (sockets.length < CLIENTS) {
    const batch = Array.from({ length: 50 }, (_, index) => `client-${sockets.length + index}`);
    sockets.push(...(await Promise.all(batch.map((id) => joinBroker(port, id, mint({ sub: id, acl }))))));
  }
  const bytes = readResidentBytes(instance.pids) - instance.idleBytes;
  for (const socket of sockets) socket.destroy();
  await instance.stop();
  return bytes / CLIENTS / 1024;
}

export const MQTT = {
  id: 'mqtt',
  title: 'Decisions about MQTT clients',
  async run(bench) {
    const guard = await openDecisions();
    const [request, login] = [await measureRequest(bench), await measureConnect(guard)];
    const publishes = [];
    for (const [rules, bound] of PUBLISH_BOUNDS_US)
      publishes.push(
        figureOf(`a publish decision with ${rules} rules`, await measurePublish(guard, rules), 'us', bound),
      );
    return {
      note: 'CPU, the least of five rounds where the decisions are made in the process of the bench',
      figures: [
        figureOf('a guarded request', request, 'us'),
        figureOf('a login with a known token', login, 'us'),
        figureOf('a login beside a guarded request', login / request, 'times', CONNECT_BOUND),
        ...publishes,
        figureOf(`memory of one of ${CLIENTS} clients, with 5 rules`, await measureClients(bench), 'KiB'),
      ],
    };
  },
};
