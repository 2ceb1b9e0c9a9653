// The keys of EMQX's block: a secret, PEM text or a JWKS endpoint, read once for whichever semantics judge by them.
import { createSecretKey } from 'node:crypto';
import type { JwtSettings } from '../config/mqtt.ts';
import { isWeakKey, readBrokerPem, readPemKeys } from '../keystore/public-keys.ts';
import { ALGORITHMS, type Algorithm, algorithmsFor } from '../token/algorithms.ts';
import type { IssuerKey, KeySource } from '../token/verify.ts';
import { followJwks, type JwksClient } from './jwks-client.ts';
import { namelessKeys, readAsEmqx, setKeys, strictReader } from './key-set.ts';
import type { AuthenticatorMeans } from './login.ts';

export interface JwtKeys {
  /** Undefined while an endpoint has given none. */
  current(): readonly IssuerKey[] | undefined;
  readonly source: KeySource;
  /** What these keys can sign with. */
  readonly algorithms: readonly Algorithm[];
  /** Undefined where the keys stand in the settings. */
  readonly jwks: JwksClient | undefined;
}

const SECRET = ['HS256', 'HS384', 'HS512'] as const satisfies readonly Algorithm[];
/** A set of public keys is public: a secret in it would be none. */
export const PUBLIC = ALGORITHMS.filter((alg) => !alg.startsWith('HS'));

export function openJwtKeys({ keys }: JwtSettings, asEmqx: boolean, means: AuthenticatorMeans): JwtKeys {
  if (keys.kind === 'jwks') {
    const read = asEmqx ? readAsEmqx : strictReader(keys.acceptRsa256);
    const jwks = followJwks({ keys, read, anyStatus: asEmqx, report: means.report });
    return { current: jwks.current, source: setKeys(jwks.current), algorithms: PUBLIC, jwks };
  }
  if (keys.kind === 'secret') return fixedKeys([toSecretKey(keys.base64)], SECRET);
  const found = asEmqx ? readBrokerPem(keys.text) : readPemKeys(keys.text);
  const all = 'flaw' in found ? [] : found;
  const usable = asEmqx ? all : all.filter((key) => !isWeakKey(key));
  if (usable.length < all.length) {
    means.report(`warning: ${means.name}: a public_key of fewer than 2048 bits accepts no token`);
  }
  return fixedKeys(usable, [...new Set(all.flatMap(({ key }) => algorithmsFor(key)))]);
}

export function fixedKeys(keys: readonly IssuerKey[], algorithms: readonly Algorithm[]): JwtKeys {
  return { current: () => keys, source: namelessKeys(keys), algorithms, jwks: undefined };
}

/** A secret has no fingerprint that may be shown. */
export const toSecretKey = (base64: string): IssuerKey => ({
  key: createSecretKey(Buffer.from(base64, 'base64')),
  thumbprint: '',
});
