// Attack: write a revoked token in another way (a new signature over the same claims, padding or stray bits where a broker's
// parser lets them pass), so that it is not the text that was revoked.
// Rule: a token's identity is the SHA-256 of its header and payload, whatever else its text holds.

import { constants, createSign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createGuard } from '../../src/guard.ts';
import { RevokedTokens } from '../../src/revocation/revoked.ts';
import { identifyToken } from '../../src/token/identity.ts';
import { makeIssuer, nowSeconds } from '../support/issuers.ts';
import { HEADER, HMAC, openBlock, SECRET, signInput, signTexts } from '../support/mqtt-guard.ts';
import { makePolicy } from '../support/policy.ts';
import { TOKEN_RULES } from '../support/token-rules.ts';

const OPS = makeIssuer();
const NEVER = { issuer: undefined, until: Infinity } as const;
const encode = (text: string) => Buffer.from(text).toString('base64url');

/** The same bytes: the last letter of a digest has two bits to spare. */
function withStrayBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1) as string) + 1];
}

function revoke(token: string): RevokedTokens {
  const revoked = new RevokedTokens();
  revoked.add({ ...NEVER, by: 'token_sha256', value: identifyToken(token) as string }, 0);
  return revoked;
}

describe('a revoked token', () => {
  it('stays revoked under another signature of its issuer', () => {
    const claims = { iss: 'ops.pub', iat: nowSeconds(), exp: nowSeconds() + 60, bodyEncode: 0 };
    const input = `${encode('{"alg":"PS256","typ":"JWT"}')}.${encode(JSON.stringify(claims))}`;
    const key = { key: OPS.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    // PSS is salted: each signature is another one.
    const sign = () => `${input}.${createSign('sha256').update(input).sign(key).toString('base64url')}`;
    const [one, other] = [sign(), sign()];
    expect(one).not.toBe(other);
    const judge = (revocations: RevokedTokens) =>
      createGuard({
        rules: { ...TOKEN_RULES, algorithms: ['PS256'] },
        lookup: () => ({ name: 'ops.pub', usable: true, keys: [{ key: OPS.publicKey, thumbprint: 't' }] }),
        policy: makePolicy(),
        revocations,
        now: Date.now,
      }).authenticate(other);
    expect(judge(new RevokedTokens()).allowed).toBe(true);
    expect(judge(revoke(one))).toMatchObject({ allowed: false, reason: 'token_revoked' });
  });

  const AMQTT = `mechanism = amqtt-jwt, secret_key = "${SECRET}", user_claim = sub, publish_claim = p, subscribe_claim = s, receive_claim = r`;

  it.each([
    ['padding behind the payload', 'emqx', HMAC, (token: string) => token.replace(/\.(?=[^.]*$)/, '=.')],
    ['padding behind the signature', 'emqx', HMAC, (token: string) => `${token}=`],
    ['stray bits in the payload', 'emqx', HMAC, (token: string) => token.replace(/.\.(?=[^.]*$)/, 'R.')],
    ['stray bits in the signature', 'emqx', HMAC, withStrayBits],
    ['padding behind the signature', 'amqtt', AMQTT, (token: string) => `${token}=`],
  ])('stays revoked with %s, under the semantics of %s', async (_, semantics, entry, rewrite) => {
    // 22 bytes: the last letter of the payload, a Q, has four bits to spare.
    const token = signTexts(HEADER, '{"sub":"u1","n":"1234"}'.slice(0, 20).concat('"}'));
    const dodged = rewrite(token);
    expect(dodged).not.toBe(token);
    const block = `semantics = ${semantics}, authentication { ${entry} }`;
    const question = { username: 'u1', password: dodged };
    expect(await openBlock(block).ask(question)).toBe('allow valid');
    expect(await openBlock(block, revoke(token)).ask(question)).toBe('deny token_revoked');
  });

  it('stays revoked where its payload is not encoded, under the semantics of emqx', async () => {
    const token = signInput(`${encode('{"alg":"HS256","b64":false}')}.{"sub":"u1"}`);
    const block = `semantics = emqx, authentication { ${HMAC} }`;
    expect(await openBlock(block).ask({ password: token })).toBe('allow valid');
    expect(await openBlock(block, revoke(token)).ask({ password: token })).toBe('deny token_revoked');
  });
});
