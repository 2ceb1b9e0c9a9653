// The key pairs and the token files of the bench, minted once and kept in the temporary directory. Knows the guard's claims
// (iss, iat, exp, bodyEncode); knows no contestant.
import { generateKeyPair, sign } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export const ISSUER = 'bench.pub';
export const FRESH_TOKENS = 120_000;
const ROTATING_TOKENS = 1000;
const FORMAT = 3;
const SIGNERS = 100;
const LIFETIME_S = 30 * 86_400;
const REFRESH_AFTER_S = 7 * 86_400;
const PUBLIC_KEYS = 'public-keys.json';

/** File name of issuer number `index`: the first is the bench's own key. */
export const issuerName = (index) => (index === 0 ? ISSUER : `issuer-${String(index).padStart(5, '0')}.pub`);

/** Signer number `signer` of `signers`, spread evenly over the key files. */
export const signerName = (signer, signers, issuers) =>
  issuerName(signer * Math.max(1, Math.floor(issuers / signers)));

/** The file whose tokens are spread over this many issuers. */
export const spreadFile = (issuers) => `spread-${issuers}`;

/** How many tokens each file holds and what is special about them. */
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

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const HEADER = encode({ alg: 'RS256', typ: 'JWT' });

/** A signed token. @param {import('node:crypto').KeyObject} key */
export function signToken(claims, key) {
  const signed = `${HEADER}.${encode(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

/** A recipe for one issuer uses the first key. */
function mintFile({ file, count, iat, exp, iss = ISSUER, issuers }, privateKeys) {
  const keys = issuers === undefined ? privateKeys.slice(0, 1) : privateKeys;
  const lines = Array.from({ length: count }, (_, index) => {
    const signer = index % keys.length;
    const issuer = issuers === undefined ? iss : signerName(signer, keys.length, issuers);
    const claims = { iss: issuer, sub: 'bench', iat, exp, bodyEncode: 0, jti: `${file}-${index}` };
    return `${signToken(claims, keys[signer])}\n`;
  });
  return lines.join('');
}

/** A signature that fits the key's size and does not match: one character in its middle is another one. */
function spoilSignature(line) {
  const at = line.lastIndexOf('.') + 100;
  return `${line.slice(0, at)}${line[at] === 'A' ? 'B' : 'A'}${line.slice(at + 1)}`;
}

/** The cache holds good tokens and its name can be guessed: it must be a directory of ours alone. */
function claimDirectory(directory) {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== process.getuid())
    throw new Error(`${directory} belongs to somebody else. Remove it or set TMPDIR.`);
  chmodSync(directory, 0o700);
}

/** Private halves are used for minting and kept nowhere. */
async function mintEverything(directory, now) {
  rmSync(directory, { recursive: true, force: true });
  claimDirectory(directory);
  const make = () => promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const pairs = await Promise.all(Array.from({ length: SIGNERS }, make));
  const publicKeys = pairs.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' }));
  const write = (name, text) => writeFileSync(path.join(directory, name), text, { mode: 0o600 });
  write(ISSUER, publicKeys[0]);
  write(PUBLIC_KEYS, JSON.stringify(publicKeys));
  for (const recipe of listRecipes(now)) {
    const tokens = mintFile(
      recipe,
      pairs.map(({ privateKey }) => privateKey),
    );
    write(recipe.file, tokens);
    if (recipe.file === 'fresh')
      write('bad-signature', `${tokens.trimEnd().split('\n').map(spoilSignature).join('\n')}\n`);
  }
  write('made.json', JSON.stringify({ format: FORMAT, at: now }));
}

function isUsable(directory, now) {
  const marker = path.join(directory, 'made.json');
  if (!existsSync(marker)) return false;
  const made = JSON.parse(readFileSync(marker, 'utf8'));
  return made.format === FORMAT && now - made.at < REFRESH_AFTER_S;
}

/** Opens the token files, minting them first where there are none or they are older than a week. */
export async function openTokenStore() {
  const now = Math.floor(Date.now() / 1000);
  const directory = path.join(os.tmpdir(), `broker-guard-bench-tokens-${process.getuid()}`);
  claimDirectory(directory);
  if (!isUsable(directory, now)) {
    console.error(`bench: minting ${FRESH_TOKENS} tokens into ${directory} (once a week, about two minutes)`);
    await mintEverything(directory, now);
  }
  const file = (name) => (name === '' ? '' : path.join(directory, name));
  return {
    file,
    publicKeyFile: file(ISSUER),
    publicKeys: JSON.parse(readFileSync(file(PUBLIC_KEYS), 'utf8')),
    first: (name) => readFileSync(file(name), 'utf8').split('\n', 1)[0],
  };
}
