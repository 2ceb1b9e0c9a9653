// RFC 7515 §3.1, §4 and §7.1: a compact JWS taken apart and its protected header judged. Nothing here is
// trusted yet; every name of what the token says begins with `claimed`.
import { allow, type Decision, type Denial, deny } from '../decision.ts';
import type { Algorithm } from './algorithms.ts';
import { decodeBase64url } from './base64url.ts';
import { type JsonObject, parseJsonObject } from './json.ts';

export interface DecodedToken {
  readonly claimedHeader: JsonObject;
  readonly claimedPayload: JsonObject;
  readonly signature: Buffer;
  /** Header and payload segments with the dot between: the bytes that were signed. */
  readonly signingInput: string;
}

/** Size, three parts, strict base64url, strict JSON objects. */
export function decodeToken(token: string, maxBytes: number): Decision<DecodedToken> {
  if (token.length > maxBytes) return deny('token_too_long');
  const parts = token.split('.', 4);
  const [header, payload, signature] = parts.map(decodeBase64url);
  if (parts.length !== 3 || !header || !payload || !signature) return deny('token_malformed');
  const claimedHeader = parseJsonObject(header);
  if (claimedHeader === undefined) return deny('header_invalid', 'It is not a plain JSON object.');
  const claimedPayload = parseJsonObject(payload);
  if (claimedPayload === undefined) {
    return deny('token_malformed', 'The payload is not a plain JSON object with unique member names.');
  }
  const signingInput = token.slice(0, token.lastIndexOf('.'));
  return allow({ claimedHeader, claimedPayload, signature, signingInput });
}

/**
 * The signature algorithm, where the header may be followed. `jwk jku x5u x5c kid` are never used: keys come
 * from the key store alone (RFC 8725 §3.10).
 */
export function judgeHeader(claimed: JsonObject, algorithms: readonly Algorithm[]): Decision<Algorithm> {
  return checkHeaderForm(claimed) ?? pickAlgorithm(claimed.alg, algorithms);
}

function checkHeaderForm({ alg, typ, crit, b64 }: JsonObject): Denial | undefined {
  if (typeof alg !== 'string') return deny('header_invalid', 'alg must be a string.');
  if (typ !== undefined && typ !== 'JWT') return deny('header_invalid', 'typ must be JWT or absent.');
  // RFC 7515 §4.1.11: extensions not understood make the token invalid; none is understood here.
  return crit === undefined && b64 === undefined ? undefined : deny('crit_not_understood');
}

function pickAlgorithm(alg: unknown, algorithms: readonly Algorithm[]): Decision<Algorithm> {
  const allowed = algorithms.find((name) => name === alg);
  return allowed === undefined ? deny('alg_not_allowed', `Use ${algorithms.join(', ')}.`) : allow(allowed);
}
