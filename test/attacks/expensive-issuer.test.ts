// Attack: send bad tokens in the name of the issuer whose signatures cost most to check.
// Rule: at most 8 keys a file and 8,192 bits a key; a file over either is unusable, says so at load, and costs nothing.
import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { mintToken } from '../support/issuers.ts';
import { BROKERS, buildHead, OPS, startPair } from '../support/pair.ts';

/** A public key of a size, which nobody has the other half of. */
function makePem(bits: number, first = 0): string {
  const modulus = Buffer.alloc(bits / 8, 0x5b);
  modulus[0] = 0x80;
  modulus[1] = first;
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' };
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
}

const manyKeys = (count: number) =>
  Array.from({ length: count }, (_, index) => makePem(2048, index)).join('');

/** What the guard says of a file at its start, and why a token in its name is refused. */
async function judge(text: string) {
  const pair = await startPair({ keys: { 'costly.pub': text } });
  const token = mintToken(OPS, { iss: 'costly.pub' });
  expect((await pair.send(buildHead('GET', BROKERS, [`Authorization: Bearer ${token}`]))).status).toBe(401);
  const said = pair.guard.lines.find((line) => line.includes('costly.pub'));
  return { said, reason: (await pair.soleRecord()).reason };
}

describe('an issuer', () => {
  it.each([
    ['of nine keys', manyKeys(9), 'The file holds 9 keys; at most 8 are allowed.'],
    ['of 140 keys', manyKeys(140), 'The file holds 140 keys; at most 8 are allowed.'],
    ['of 8,200 bits', makePem(8200), 'The RSA key has 8200 bits; at most 8192 are allowed.'],
    ['of 16,384 bits', makePem(16_384), 'The RSA key has 16384 bits; at most 8192 are allowed.'],
  ])('%s is unusable, with the number', async (_, text, why) => {
    const { said, reason } = await judge(text);
    expect(said).toContain(why);
    expect(reason).toBe('key_unusable');
  });

  it.each([
    ['of eight keys', manyKeys(8)],
    ['of 8,192 bits', makePem(8192)],
  ])('%s has its signatures checked', async (_, text) => {
    expect((await judge(text)).reason).toBe('signature_invalid');
  });
});
