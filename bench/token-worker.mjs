// A worker thread that signs one share of a token file. Knows one recipe at a time.
import { createPrivateKey, sign } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { ISSUER, signerName } from './tokens.mjs';

const { file, from, to, iat, exp, iss = ISSUER, issuers, privateKeys } = workerData;
/** @type {import('node:crypto').KeyObject[]} */
const keys = privateKeys.map((/** @type {string} */ pem) => createPrivateKey(pem));
const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT' })).toString('base64url');

/** @param {number} index */
function mintToken(index) {
  const signer = index % keys.length;
  const key = /** @type {import('node:crypto').KeyObject} */ (keys[signer]);
  const issuer = issuers === undefined ? iss : signerName(signer, keys.length, issuers);
  const claims = { iss: issuer, sub: 'bench', iat, exp, bodyEncode: 0, jti: `${file}-${index}` };
  const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}\n`;
}

let tokens = '';
for (let index = from; index < to; index += 1) tokens += mintToken(index);
parentPort?.postMessage(tokens);
