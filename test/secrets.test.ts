// What looks through the output of everything that tests start finds what it is for, and nothing is started past it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeIssuer, mintToken } from './support/issuers.ts';
import { ROOT } from './support/root.ts';
import { findSecret } from './support/secrets.ts';
import { listTests } from './support/slow.ts';

const OPS = makeIssuer();
const PRIVATE_PEM = OPS.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('secrets in output', () => {
  it.each([
    ['a token', `refused: ${mintToken(OPS)}`],
    ['the first two parts of one', mintToken(OPS).split('.').slice(0, 2).join('.')],
    ['a private key', `key:\n${PRIVATE_PEM}`],
    [
      'the credentials of the broker',
      `authorization: Basic ${Buffer.from('admin:public').toString('base64')}`,
    ],
  ])('are found: %s', (_, text) => expect(findSecret(text)).toBeDefined());

  it('are found: a password of the settings', () =>
    expect(findSecret('it is "correct horse" then', ['correct horse'])).toBeDefined());

  it.each([
    ['a public key', OPS.publicPem],
    ['a thumbprint', 'TcJ1fZNroAc9X4fXvZT03L9sageZ-mmq06QlxQkZc5s'],
    ['the name of a key form', 'it holds BEGIN RSA PRIVATE KEY: keep it elsewhere'],
    ['a scheme by name', 'the Basic credentials of the guard'],
  ])('are not seen in %s', (_, text) => expect(findSecret(text, ['correct horse'])).toBeUndefined());

  it('are looked for in whatever is started: no test starts the product without handing in its output', () => {
    const starts = /import \{[^}]*\b(?:spawn|fork|exec|execFile)\b[^}]*\} from 'node:child_process'/;
    const others = listTests().filter((test) => {
      const text = readFileSync(join(ROOT, test), 'utf8');
      return starts.test(text) && /\bMAIN\b|dist\//.test(text) && !text.includes('watchOutput(');
    });
    expect(others).toEqual([]);
  });
});
