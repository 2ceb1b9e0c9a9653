// The curves that keys of the keys directory may lie on (RFC 7518 §6.2, RFC 8037): how a point of each is written in a
// SubjectPublicKeyInfo and in an OpenSSH line, read to the last byte. Knows no PEM and no base64.

import type { PublicJwk } from './jwk.ts';

type Curve = Exclude<PublicJwk, { kty: 'RSA' }>['crv'];

interface CurveForm {
  /** Everything of the SubjectPublicKeyInfo before the point: named curves only, of one length each (RFC 5480, RFC 8410). */
  readonly spki: Buffer;
  /** Bytes of a coordinate; of Ed25519 those of the whole point. */
  readonly size: number;
  /** RFC 5656 §6.2.1; of Ed25519 absent, since its type says it (RFC 8709 §4). */
  readonly sshName?: string;
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const FORMS: Readonly<Record<Curve, CurveForm>> = {
  'P-256': {
    spki: hex('3059301306072a8648ce3d020106082a8648ce3d030107034200'),
    size: 32,
    sshName: 'nistp256',
  },
  'P-384': { spki: hex('3076301006072a8648ce3d020106052b81040022036200'), size: 48, sshName: 'nistp384' },
  'P-521': {
    spki: hex('30819b301006072a8648ce3d020106052b8104002303818600'),
    size: 66,
    sshName: 'nistp521',
  },
  Ed25519: { spki: hex('302a300506032b6570032100'), size: 32 },
};

const CURVES = Object.keys(FORMS) as readonly Curve[];

/** SP 800-186 §3.2.1: y² = x³ - 3x + b, modulo p. Each has a prime number of points, so that none is of small order. */
const EQUATIONS = {
  'P-256': {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  'P-384': {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  'P-521': {
    p: 2n ** 521n - 1n,
    b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
};

/** SEC 1 §3.2.2.1. OpenSSL asks the same when a key is first used, and at a hundred times the cost: too slow for many files. */
export function isOnCurve({ crv, x, y }: PublicJwk & { kty: 'EC' }): boolean {
  const { p, b } = EQUATIONS[crv];
  const [abscissa, ordinate] = [toNumber(x), toNumber(y)];
  if (abscissa >= p || ordinate >= p) return false;
  return (ordinate ** 2n - abscissa ** 3n + 3n * abscissa - b) % p === 0n;
}

const toNumber = (text: string): bigint => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);

/** SubjectPublicKeyInfo of a key on one of the curves; undefined when the bytes are anything else. */
export function readCurveSpki(der: Buffer): PublicJwk | undefined {
  const curve = CURVES.find((name) => der.subarray(0, FORMS[name].spki.length).equals(FORMS[name].spki));
  return curve && readPoint(curve, der.subarray(FORMS[curve].spki.length));
}

/** The fields behind the type of an OpenSSH line. */
export function readSshPoint(type: string, fields: readonly Buffer[]): PublicJwk | undefined {
  const [first, second] = fields;
  if (type === 'ssh-ed25519') return first && fields.length === 1 ? readPoint('Ed25519', first) : undefined;
  const curve = CURVES.find((name) => type === `ecdsa-sha2-${FORMS[name].sshName}`);
  const isWhole = fields.length === 2 && first?.toString('latin1') === (curve && FORMS[curve].sshName);
  return curve && second && isWhole ? readPoint(curve, second) : undefined;
}

/** SEC 1 §2.3.3, uncompressed, the form that RFC 5480 §2.2 has everybody read. Whether it is on the curve is not asked here. */
const UNCOMPRESSED = 4;

function readPoint(crv: Curve, point: Buffer): PublicJwk | undefined {
  const { size } = FORMS[crv];
  if (crv === 'Ed25519')
    return point.length === size ? { crv, kty: 'OKP', x: point.toString('base64url') } : undefined;
  if (point.length !== 1 + 2 * size || point[0] !== UNCOMPRESSED) return undefined;
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  return { crv, kty: 'EC', x: x.toString('base64url'), y: y.toString('base64url') };
}
