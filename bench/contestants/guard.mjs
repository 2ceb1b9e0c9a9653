// How broker-guard is started: a settings file, a keys directory with as many issuers as asked for, audit to a file.
// Knows the guard's outside only (settings, readiness, metrics).
import { createPublicKey, randomBytes, randomFillSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { issuerName, signerName } from '../tokens.mjs';

/** As NanoMQ's own default has it. */
const LIMIT_CONN = 32;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The built program of a checkout. */
export const findGuard = (root = ROOT) => path.join(root, 'dist', 'main.js');

/** Node's flags as shipped: those that `npm start` gives it. */
function readStartFlags(root) {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

/** A public key nobody has the other half of: distinct key files cost a random modulus instead of a key generation. */
function imitateKey(pem) {
  const jwk = createPublicKey(pem).export({ format: 'jwk' });
  const modulus = randomFillSync(Buffer.alloc(256));
  modulus[0] = (modulus[0] ?? 0) | 0x80;
  modulus[255] = (modulus[255] ?? 0) | 1;
  const key = createPublicKey({ key: { ...jwk, n: modulus.toString('base64url') }, format: 'jwk' });
  return key.export({ type: 'spki', format: 'pem' });
}

/** Issuers that sign tokens of the bench get their key, all others one of their own: no key serves two. */
function writeKeys(directory, publicKeys, issuers) {
  mkdirSync(directory, { recursive: true });
  const used = issuers === 1 ? publicKeys.slice(0, 1) : publicKeys;
  const signers = new Map(used.map((pem, index) => [signerName(index, used.length, issuers), pem]));
  for (let index = 0; index < issuers; index += 1) {
    const name = issuerName(index);
    writeFileSync(path.join(directory, name), signers.get(name) ?? imitateKey(used[0]));
  }
}

/**
 * Refusals are measured, as of the others, each judged and on connections that stay; what the third one costs with the
 * connection it ends is in `npm run soak`. Earlier versions do not know the settings.
 */
function keepRefused(root) {
  const schema = readFileSync(path.join(root, 'dist', 'config', 'schema.js'), 'utf8');
  return ['refused_per_connection = 1000000', 'failures = none']
    .filter((setting) => schema.includes(`${setting.split(' ')[0]}:`))
    .map((setting) => `limits.${setting}`)
    .join('\n  ');
}

function formatSettings(context, workers, more) {
  const password = randomBytes(12).toString('hex');
  return `http_server {
  ip_addr = "127.0.0.1", port = ${context.upstreamPort}
  username = bench, password = "${password}", auth_type = basic
  max_body = 64MB, limit_conn = ${context.limitConn ?? LIMIT_CONN}
}
guard {
  listen = "127.0.0.1:${context.port}"
  keys_dir = "keys"
  workers = ${workers}
  ${more}
  service { listen = "127.0.0.1:${context.servicePort}" }
}
`;
}

/** @param {string} [root] a checkout, another version's too @param {string} [more] settings inside `guard { }` */
export function describeGuard(context, workers = 1, root = ROOT, more = keepRefused(root)) {
  const settings = path.join(context.directory, 'bench.conf');
  writeFileSync(settings, formatSettings(context, workers, more), { mode: 0o600 });
  writeKeys(path.join(context.directory, 'keys'), context.publicKeys, context.issuers);
  const service = `http://127.0.0.1:${context.servicePort}`;
  return {
    command: [process.execPath, ...readStartFlags(root), findGuard(root), 'serve', '--config', settings],
    env: { NODE_ENV: 'production' },
    readyUrl: `${service}/readyz`,
    metricsUrl: `${service}/metrics`,
    outputFile: path.join(context.directory, 'audit.jsonl'),
  };
}
