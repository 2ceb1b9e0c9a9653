// Keys, files and patience for the key store's tests.

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { onTestFinished } from 'vitest';
import { type KeyStore, type KeyStoreOptions, openKeyStore } from '../../src/keystore/store.ts';
import { noSidecars } from '../support/policy.ts';
import { waitFor } from '../support/wait-for.ts';

export { waitFor };

/** Made at once, so that no test waits for a key in the middle of a race. */
const KEYS = [0, 1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);

/** The private half of the n-th of three RSA 2048 keys. */
export function privateKey(index: number): KeyObject {
  const key = KEYS[index];
  if (!key) throw new RangeError(`there is no key ${index}`);
  return key;
}

export const publicKey = (index: number): KeyObject => createPublicKey(privateKey(index));

export const spki = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }).toString();

/** The n-th key as SPKI PEM. */
export const pem = (index: number): string => spki(publicKey(index));

/** RFC 7638 by an independent implementation. */
export const thumbprint = (index: number): Promise<string> =>
  calculateJwkThumbprint(publicKey(index).export({ format: 'jwk' }) as Record<string, string>);

/** A labelled PEM block of any bytes. */
export function block(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

const field = (bytes: Buffer): Buffer => {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
};

/** The n-th key as an OpenSSH line. */
export function sshLine(index: number, comment = 'ops@example'): string {
  const { n = '', e = '' } = publicKey(index).export({ format: 'jwk' });
  const mpint = (text: string) => Buffer.concat([Buffer.from([0]), Buffer.from(text, 'base64url')]);
  const exponent = Buffer.from(e, 'base64url');
  const blob = Buffer.concat([field(Buffer.from('ssh-rsa')), field(exponent), field(mpint(n))]);
  return `ssh-rsa ${blob.toString('base64')} ${comment}`;
}

/** A directory of its own for one test, removed after it. */
export function makeDirectory(files: Record<string, string> = {}): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'keystore-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

/** A store over a directory, closed after the test, with the lines it printed. */
export async function openStore(
  directory: string,
  options: Partial<KeyStoreOptions> = {},
): Promise<{ store: KeyStore; lines: string[] }> {
  const lines: string[] = [];
  const report = (line: string) => lines.push(line);
  const store = await openKeyStore({
    directory,
    extraFiles: [],
    suffixOptional: false,
    algorithms: ['RS256'],
    readSidecar: noSidecars,
    report,
    ...options,
  });
  onTestFinished(() => store.close());
  return { store, lines };
}

/** The thumbprints filed under an issuer; the reason where it is unusable; undefined where there is none. */
export function filed(store: KeyStore, issuer: string): string | undefined {
  const keys = store.lookup(issuer);
  return keys?.usable ? keys.keys.map((key) => key.thumbprint).join(' ') : keys?.reason;
}

/** Waits until an issuer has exactly this one key. */
export async function waitForKey(store: KeyStore, issuer: string, index: number): Promise<void> {
  const expected = await thumbprint(index);
  await waitFor(
    () => filed(store, issuer),
    (seen) => seen === expected,
  );
}

/** Waits until an issuer has no usable key. */
export async function waitForRefusal(store: KeyStore, issuer: string): Promise<void> {
  await waitFor(
    () => store.lookup(issuer)?.usable ?? false,
    (isUsable) => !isUsable,
  );
}

/** Waits until a line was printed that matches. */
export const waitForLine = (lines: readonly string[], pattern: RegExp): Promise<void> =>
  waitFor(
    () => lines.filter((line) => pattern.test(line)).length,
    (count) => count > 0,
    2000,
  );
