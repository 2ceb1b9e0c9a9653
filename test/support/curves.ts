// Keys of every kind the keys directory takes besides RSA, each with its algorithm, and tokens of them.
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { nowSeconds } from './issuers.ts';

export type CurveAlgorithm = 'ES256' | 'ES384' | 'ES512' | 'EdDSA';

export interface CurveKey {
  readonly alg: CurveAlgorithm;
  /** As the program names it. */
  readonly type: string;
  readonly digest: string | undefined;
  readonly signatureBytes: number;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });

export const CURVE_KEYS: readonly CurveKey[] = [
  { alg: 'ES256', type: 'P-256', digest: 'sha256', signatureBytes: 64, ...ec('prime256v1') },
  { alg: 'ES384', type: 'P-384', digest: 'sha384', signatureBytes: 96, ...ec('secp384r1') },
  { alg: 'ES512', type: 'P-521', digest: 'sha512', signatureBytes: 132, ...ec('secp521r1') },
  { alg: 'EdDSA', type: 'Ed25519', digest: undefined, signatureBytes: 64, ...generateKeyPairSync('ed25519') },
];

export const curveKey = (alg: CurveAlgorithm): CurveKey =>
  CURVE_KEYS.find((key) => key.alg === alg) as CurveKey;

export const publicPem = ({ publicKey }: CurveKey): string =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** RFC 7638 §3 by hand: no code of the program's own. */
export function thumbprintOf({ publicKey }: CurveKey): string {
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  const members = y === undefined ? { crv, kty, x } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

/** RFC 4253 §6.6, RFC 5656 §3.1 and RFC 8709 §4. */
export function sshLineOf({ publicKey, alg }: CurveKey, comment = 'gate@plant'): string {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  const name = { ES256: 'nistp256', ES384: 'nistp384', ES512: 'nistp521', EdDSA: '' }[alg];
  const type = alg === 'EdDSA' ? 'ssh-ed25519' : `ecdsa-sha2-${name}`;
  const point = Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]);
  const fields = alg === 'EdDSA' ? [type, bytes(x)] : [type, name, point];
  const blob = fields.map((part) => Buffer.from(part)).map((part) => Buffer.concat([sizeOf(part), part]));
  return `${type} ${Buffer.concat(blob).toString('base64')} ${comment}`;
}

function sizeOf({ length }: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(length);
  return size;
}

/** A good token of the issuer `gate.pub`, but for what is given. */
export function mintCurveToken(
  { alg, digest, privateKey: key }: CurveKey,
  parts: {
    readonly alg?: string;
    readonly claims?: object;
    readonly signature?: (input: Buffer) => Buffer;
  } = {},
): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iss: 'gate.pub',
    iat: nowSeconds(),
    exp: nowSeconds() + 600,
    bodyEncode: 0,
    ...parts.claims,
  };
  const input = `${encode({ alg: parts.alg ?? alg, typ: 'JWT' })}.${encode(claims)}`;
  const signOver = parts.signature ?? ((data) => sign(digest, data, { key, dsaEncoding: 'ieee-p1363' }));
  return `${input}.${signOver(Buffer.from(input)).toString('base64url')}`;
}
