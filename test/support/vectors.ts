// Materialises the cases of test/vectors/token-cases.json: exact segment texts, signed as the case says.
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { makeIssuer } from './issuers.ts';

export interface TokenCase {
  readonly id: string;
  readonly description: string;
  readonly header: string | null;
  readonly payload: string | null;
  readonly signedWith: string | null;
  readonly authorization: readonly string[];
  readonly request: { readonly method: string; readonly path: string; readonly headers: readonly string[] };
  readonly expect: 'allow' | 'deny';
  readonly segments?: string;
  readonly encoding?: Partial<Record<'header' | 'payload' | 'signature', string>>;
  readonly signOver?: 'unpadded';
  readonly mutations?: readonly Mutation[];
}

type Mutation =
  | { readonly op: 'setSignatureText' | 'appendSignatureText'; readonly text: string }
  | { readonly op: 'insertSignatureText'; readonly at: number; readonly text: string }
  | { readonly op: 'truncateSignature'; readonly bytes: number }
  | { readonly op: 'replacePayload'; readonly payload: string }
  | { readonly op: 'replaceHeader'; readonly header: string };

export const TOKEN_CASES: readonly TokenCase[] = JSON.parse(
  readFileSync(new URL('../vectors/token-cases.json', import.meta.url), 'utf8'),
);

const server = makeIssuer();
const attacker = makeIssuer();
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** What `nanomq.pub` holds while the cases run. */
export const SERVER_PEM = server.publicPem;
export const SERVER_KEY = server.publicKey;

export interface Material {
  readonly token: string;
  /** The header lines to send, the request's own included. */
  readonly headerLines: readonly string[];
  readonly method: string;
  readonly path: string;
}

export function materialize(testCase: TokenCase, now: number): Material {
  const token = testCase.signedWith === null ? '' : buildToken(testCase, now);
  const fill = (text: string) => text.replaceAll('{{token}}', token);
  return {
    token,
    headerLines: [
      ...testCase.authorization.map((value) => `Authorization: ${fill(value)}`),
      ...testCase.request.headers.map(fill),
    ],
    method: testCase.request.method,
    path: fill(testCase.request.path),
  };
}

function buildToken(testCase: TokenCase, now: number): string {
  const bytes = (text: string | null) => expand(text ?? '', now);
  const segment = (text: string | null, name: 'header' | 'payload') =>
    encode(bytes(text), testCase.encoding?.[name]);
  let header = segment(testCase.header, 'header');
  let payload = segment(testCase.payload, 'payload');
  const strip = (text: string) => (testCase.signOver === 'unpadded' ? text.replaceAll('=', '') : text);
  const signatureBytes = signWith(testCase.signedWith as string, `${strip(header)}.${strip(payload)}`);
  let signature = encode(signatureBytes, testCase.encoding?.signature);
  for (const mutation of testCase.mutations ?? []) {
    if (mutation.op === 'replacePayload') payload = encode(bytes(mutation.payload));
    else if (mutation.op === 'replaceHeader') header = encode(bytes(mutation.header));
    else signature = mutateSignature(signature, signatureBytes, mutation);
  }
  const parts: Record<string, string> = { h: header, p: payload, s: signature };
  return (testCase.segments ?? 'h.p.s').replace(/[hps]/g, (letter) => parts[letter] as string);
}

function mutateSignature(text: string, bytes: Buffer, mutation: Mutation): string {
  switch (mutation.op) {
    case 'setSignatureText':
      return mutation.text;
    case 'appendSignatureText':
      return text + mutation.text;
    case 'insertSignatureText':
      return text.slice(0, mutation.at) + mutation.text + text.slice(mutation.at);
    case 'truncateSignature':
      return encode(bytes.subarray(0, mutation.bytes));
    default:
      throw new Error(`no such mutation of a signature: ${mutation.op}`);
  }
}

function encode(bytes: Buffer, encoding?: string): string {
  switch (encoding) {
    case undefined:
      return bytes.toString('base64url');
    case 'b64url-padded':
      return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
    case 'b64':
      return bytes.toString('base64').replaceAll('=', '');
    case 'b64-padded':
      return bytes.toString('base64');
    default:
      throw new Error(`no such encoding: ${encoding}`);
  }
}

const PLACEHOLDER = /\{\{(?:now(?:([+-]\d+))?(\*1000)?|pad:(\d+)|hex:([0-9a-f]+)|jwk:attacker)\}\}/g;

function expand(text: string, now: number): Buffer {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [whole, offset, milliseconds, pad, hex] = match;
    chunks.push(Buffer.from(text.slice(from, match.index)));
    if (hex !== undefined) chunks.push(Buffer.from(hex, 'hex'));
    else if (pad !== undefined) chunks.push(Buffer.from('x'.repeat(Number(pad))));
    else if (whole === '{{jwk:attacker}}')
      chunks.push(Buffer.from(JSON.stringify(attacker.publicKey.export({ format: 'jwk' }))));
    else chunks.push(Buffer.from(String((now + Number(offset ?? 0)) * (milliseconds ? 1000 : 1))));
    from = match.index + whole.length;
  }
  chunks.push(Buffer.from(text.slice(from)));
  return Buffer.concat(chunks);
}

function signWith(signedWith: string, input: string): Buffer {
  const [alg = '', name = ''] = signedWith.split(':');
  if (alg === 'NONE') return Buffer.alloc(0);
  if (alg === 'ZERO') return Buffer.alloc(256);
  const digest = `sha${alg.slice(2)}`;
  if (alg.startsWith('HS')) return createHmac(digest, hmacKey(name)).update(input).digest();
  const keys: Record<string, KeyObject> = {
    server: server.privateKey,
    attacker: attacker.privateKey,
    ec: ec.privateKey,
  };
  const key = keys[name] as KeyObject;
  if (alg.startsWith('PS')) {
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    return sign(digest, Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
  }
  return sign(digest, Buffer.from(input), alg.startsWith('ES') ? { key, dsaEncoding: 'ieee-p1363' } : key);
}

function hmacKey(name: string): string {
  if (name === 'serverPub') return SERVER_PEM;
  return name === 'serverPubTrim' ? SERVER_PEM.trimEnd() : name;
}
