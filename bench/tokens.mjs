// The key pair and the token files of the bench, minted once and kept in the temporary directory.
// Knows the guard's claims (iss, iat, exp, bodyEncode); knows no contestant.
import { generateKeyPair } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';

export const ISSUER = 'bench.pub';
export const FRESH_TOKENS = 120_000;
const ROTATING_TOKENS = 1000;
const FORMAT = 3;
const SIGNERS = 100;
const LIFETIME_S = 30 * 86_400;
const REFRESH_AFTER_S = 7 * 86_400;
const WORKERS = 2;
const PUBLIC_KEYS = 'public-keys.json';

/** @typedef {{ directory: string, publicKeyFile: string, publicKeys: string[], file: (name: string) => string, first: (name: string) => string }} TokenStore */

/** File name of issuer number `index`: the first is the bench's own key. @param {number} index */
export function issuerName(index) {
  return index === 0 ? ISSUER : `issuer-${String(index).padStart(5, '0')}.pub`;
}

/** Signer number `signer` of `signers`, spread evenly over the key files. @param {number} signer @param {number} signers @param {number} issuers */
export function signerName(signer, signers, issuers) {
  return issuerName(signer * Math.max(1, Math.floor(issuers / signers)));
}

/** The file whose tokens are spread over this many issuers. @param {number} issuers */
export const spreadFile = (issuers) => `spread-${issuers}`;

/** The recipes: how many tokens each file holds and what is special about them. @param {number} now seconds */
function listRecipes(now) {
  const times = { iat: now - 60, exp: now + LIFETIME_S };
  return [
    { file: 'one', count: 1, ...times },
    { file: 'rotation', count: ROTATING_TOKENS, ...times },
    { file: 'expired', count: ROTATING_TOKENS, iat: now - 7200, exp: now - 3600 },
    { file: 'unknown-issuer', count: ROTATING_TOKENS, ...times, iss: 'nobody.pub' },
    { file: spreadFile(100), count: ROTATING_TOKENS, ...times, issuers: 100 },
    { file: spreadFile(10_000), count: ROTATING_TOKENS, ...times, issuers: 10_000 },
    { file: 'fresh', count: FRESH_TOKENS, ...times },
  ];
}

/** Private halves are used for minting and kept nowhere. */
const makeKeyPair = () =>
  promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

/** @param {object} task @returns {Promise<string>} tokens, one a line */
function mintInWorker(task) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./token-worker.mjs', import.meta.url), { workerData: task });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** @param {object & { count: number, issuers?: number }} recipe @param {string[]} keys private; a recipe for one issuer uses the first */
async function mintFile(recipe, keys) {
  const privateKeys = recipe.issuers === undefined ? keys.slice(0, 1) : keys;
  const share = Math.ceil(recipe.count / WORKERS);
  const parts = Array.from({ length: WORKERS }, (_, index) => {
    const from = index * share;
    return { ...recipe, privateKeys, from, to: Math.min(recipe.count, from + share) };
  });
  return (await Promise.all(parts.map(mintInWorker))).join('');
}

/** A signature that fits the key's size and does not match: one character in its middle is another one. @param {string} line */
function spoilSignature(line) {
  const at = line.lastIndexOf('.') + 100;
  return `${line.slice(0, at)}${line[at] === 'A' ? 'B' : 'A'}${line.slice(at + 1)}`;
}

/** The cache holds good tokens and its name can be guessed: it must be a directory of ours alone. @param {string} directory */
function claimDirectory(directory) {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.()) {
    throw new Error(`${directory} belongs to somebody else. Remove it or set TMPDIR.`);
  }
  chmodSync(directory, 0o700);
}

/** @param {string} directory @param {number} now seconds */
async function mintEverything(directory, now) {
  rmSync(directory, { recursive: true, force: true });
  claimDirectory(directory);
  const pairs = await Promise.all(Array.from({ length: SIGNERS }, makeKeyPair));
  writeFileSync(path.join(directory, ISSUER), pairs[0]?.publicKey ?? '');
  writeFileSync(path.join(directory, PUBLIC_KEYS), JSON.stringify(pairs.map(({ publicKey }) => publicKey)));
  const privateKeys = pairs.map(({ privateKey }) => privateKey);
  for (const recipe of listRecipes(now)) {
    const tokens = await mintFile(recipe, privateKeys);
    writeFileSync(path.join(directory, recipe.file), tokens, { mode: 0o600 });
    if (recipe.file !== 'fresh') continue;
    const spoiled = tokens.trimEnd().split('\n').map(spoilSignature);
    writeFileSync(path.join(directory, 'bad-signature'), `${spoiled.join('\n')}\n`, { mode: 0o600 });
  }
  writeFileSync(path.join(directory, 'made.json'), JSON.stringify({ format: FORMAT, at: now }));
}

/** @param {string} directory @param {number} now seconds */
function isUsable(directory, now) {
  const marker = path.join(directory, 'made.json');
  if (!existsSync(marker)) return false;
  const made = JSON.parse(readFileSync(marker, 'utf8'));
  return made.format === FORMAT && now - made.at < REFRESH_AFTER_S;
}

/**
 * Opens the token files, minting them first where there are none or they are older than a week.
 * @returns {Promise<TokenStore>}
 */
export async function openTokenStore() {
  const now = Math.floor(Date.now() / 1000);
  const directory = path.join(os.tmpdir(), `broker-guard-bench-tokens-${process.getuid?.()}`);
  claimDirectory(directory);
  if (!isUsable(directory, now)) {
    console.error(`bench: minting ${FRESH_TOKENS} tokens into ${directory} (once a week, about a minute)`);
    await mintEverything(directory, now);
  }
  /** @param {string} name */
  const file = (name) => path.join(directory, name);
  const publicKeyFile = file(ISSUER);
  return {
    directory,
    publicKeyFile,
    publicKeys: JSON.parse(readFileSync(file(PUBLIC_KEYS), 'utf8')),
    file,
    first: (name) => readFileSync(file(name), 'utf8').split('\n', 1)[0],
  };
}
