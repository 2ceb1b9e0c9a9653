// A public key as the members of a JWK that its fingerprint is made of (RFC 7638 §3.2, RFC 8037 §2): the one form in
// which keys of every kind are compared, shown and sent to workers. Knows no file.

export type PublicJwk =
  | { readonly e: string; readonly kty: 'RSA'; readonly n: string }
  | { readonly crv: 'P-256' | 'P-384' | 'P-521'; readonly kty: 'EC'; readonly x: string; readonly y: string }
  | { readonly crv: 'Ed25519'; readonly kty: 'OKP'; readonly x: string };

/** RFC 7638 §3: the required members in lexical order, no white space. No two keys have the same text. */
export function toThumbprintText(jwk: PublicJwk): string {
  switch (jwk.kty) {
    case 'RSA':
      return JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n });
    case 'EC':
      return JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y });
    case 'OKP':
      return JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x });
  }
}
