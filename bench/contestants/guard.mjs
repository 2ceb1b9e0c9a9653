// How broker-guard is started: a settings file, a keys directory with as many issuers as asked for, audit to a file.
// Knows the guard's outside only (settings, readiness, metrics).
import { createPublicKey, randomBytes, randomFillSync } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ISSUER, issuerName, issuerOfToken, ROTATING_TOKENS } from '../tokens.mjs';

const LIMIT_CONN = 64;

/** The built program. */
export const findGuard = () => fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/**
 * A public key nobody has the other half of: distinct key files cost a random modulus instead of a key generation.
 * @param {string} pem a real key to take the shape from
 */
function imitateKey(pem) {
  const jwk = createPublicKey(pem).export({ format: 'jwk' });
  const modulus = randomFillSync(Buffer.alloc(256));
  modulus[0] = (modulus[0] ?? 0) | 0x80;
  modulus[255] = (modulus[255] ?? 0) | 1;
  const key = createPublicKey({ key: { ...jwk, n: modulus.toString('base64url') }, format: 'jwk' });
  return key.export({ type: 'spki', format: 'pem' });
}

/**
 * Issuers that sign tokens of the bench get its key, all others one of their own.
 * @param {string} directory @param {string} publicKeyFile @param {number} issuers
 */
export function writeKeys(directory, publicKeyFile, issuers) {
  mkdirSync(directory, { recursive: true });
  copyFileSync(publicKeyFile, path.join(directory, ISSUER));
  const pem = readFileSync(publicKeyFile, 'utf8');
  const signers = new Set(
    Array.from({ length: ROTATING_TOKENS }, (_, index) => issuerOfToken(index, issuers)),
  );
  for (let index = 1; index < issuers; index += 1) {
    writeFileSync(path.join(directory, issuerName(index)), signers.has(index) ? pem : imitateKey(pem));
  }
}

/** @param {import('./registry.mjs').Context} context @param {number} servicePort */
function writeSettings(context, servicePort) {
  const password = randomBytes(12).toString('hex');
  return `http_server {
  ip_addr = "127.0.0.1", port = ${context.upstreamPort}
  username = bench, password = "${password}", auth_type = basic
  max_body = 64MB, limit_conn = ${LIMIT_CONN}
}
guard {
  listen = "127.0.0.1:${context.port}"
  keys_dir = "keys"
  service { listen = "127.0.0.1:${servicePort}" }
}
`;
}

/** @param {import('./registry.mjs').Context & { servicePort: number }} context @returns {import('./registry.mjs').Launch} */
export function describeGuard(context) {
  const settings = path.join(context.directory, 'bench.conf');
  writeFileSync(settings, writeSettings(context, context.servicePort), { mode: 0o600 });
  writeKeys(path.join(context.directory, 'keys'), context.publicKeyFile, context.issuers);
  const service = `http://127.0.0.1:${context.servicePort}`;
  return {
    command: [process.execPath, findGuard(), 'serve', '--config', settings],
    env: { NODE_ENV: 'production' },
    readyUrl: `${service}/readyz`,
    metricsUrl: `${service}/metrics`,
    outputFile: path.join(context.directory, 'audit.jsonl'),
  };
}
